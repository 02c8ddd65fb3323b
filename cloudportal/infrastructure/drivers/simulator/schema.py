"""The tables of a simulated world. Disks, cards and specs that nothing searches by are JSON."""

# A world that lacks this one was made by an older portal, or not at all.
NEWEST_TABLE = "imports"

SCHEMA = """
CREATE TABLE IF NOT EXISTS hosts (
    name TEXT PRIMARY KEY, cpus INTEGER NOT NULL, memory_mib INTEGER NOT NULL, dead INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS instances (
    host TEXT NOT NULL, uuid TEXT NOT NULL, name TEXT NOT NULL, cpus INTEGER NOT NULL, memory_mib INTEGER NOT NULL,
    disks TEXT NOT NULL, nics TEXT NOT NULL, seed_source TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'stopped',
    started_at REAL NOT NULL DEFAULT 0, ignores_power_button INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (host, uuid)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS instances_by_uuid ON instances (uuid);
CREATE TABLE IF NOT EXISTS plugs (
    port TEXT NOT NULL, host TEXT NOT NULL, instance TEXT NOT NULL, PRIMARY KEY (port, host, instance)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS plugs_by_instance ON plugs (host, instance);
CREATE TABLE IF NOT EXISTS pools (
    uuid TEXT PRIMARY KEY, path TEXT NOT NULL, total_bytes INTEGER NOT NULL, used_bytes INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS templates (
    pool TEXT NOT NULL, uuid TEXT NOT NULL, format TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    disk_bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (pool, uuid)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS imports (
    pool TEXT NOT NULL, uuid TEXT NOT NULL, token TEXT NOT NULL, size_bytes INTEGER NOT NULL,
    PRIMARY KEY (pool, uuid, token)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS volumes (
    pool TEXT NOT NULL, uuid TEXT NOT NULL, format TEXT NOT NULL, size_bytes INTEGER NOT NULL, template TEXT,
    PRIMARY KEY (pool, uuid)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS volumes_by_uuid ON volumes (uuid);
CREATE TABLE IF NOT EXISTS seeds (
    pool TEXT NOT NULL, uuid TEXT NOT NULL, image BLOB NOT NULL, PRIMARY KEY (pool, uuid)
);
CREATE TABLE IF NOT EXISTS publics (
    uuid TEXT PRIMARY KEY, mapping TEXT NOT NULL, cidr TEXT NOT NULL, gateway TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS networks (
    uuid TEXT PRIMARY KEY, public TEXT NOT NULL, gateway TEXT NOT NULL, source_nat TEXT NOT NULL, spec TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ports (
    uuid TEXT PRIMARY KEY, network TEXT NOT NULL, mac TEXT NOT NULL, address TEXT NOT NULL, hostname TEXT NOT NULL,
    is_default INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ports_by_network ON ports (network);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, operation TEXT NOT NULL, kind TEXT NOT NULL, times INTEGER NOT NULL, host TEXT,
    seconds REAL NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS faults_by_operation ON faults (operation);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""
