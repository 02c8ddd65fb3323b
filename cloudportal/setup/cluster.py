"""One PostgreSQL cluster of our own, from the binaries that a Python package brings along."""

import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from cloudportal.setup.owner import Owner
from cloudportal.setup.places import LOCAL, socket_directory
from cloudportal.setup.server import ClusterError, binaries, call, lives_in, server_ids

_ORPHAN_SECONDS = 20.0
_SOCKET = ".s.PGSQL.5432.lock"

_SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "'256MB'",
    "effective_cache_size": "'1GB'",
    "work_mem": "'8MB'",
    "max_wal_size": "'1GB'",
    "checkpoint_timeout": "'15min'",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "logging_collector": "off",
}
# For data that the next test run makes anew.
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster below `home`. With `durable` false it is faster and a power cut may lose it."""

    home: Path
    database: str = "cloudportal"
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    @property
    def _owner_file(self) -> Path:
        return self.home / "owner"

    @property
    def sockets(self) -> Path:
        return socket_directory(self.home / "run", _SOCKET)

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/{self.database}?host={self.sockets}"

    def start(self) -> str:
        """Make the cluster if there is none, start it unless it runs, and return its URL.

        Raises:
            ClusterError: it does not start.
        """
        with self._locked():
            if not self.is_running():
                self._prepare()
                options = ["-w", "-t", "60", "-D", str(self.data), "-l", str(self.log)]
                self._call("pg_ctl", *options, "start", explain=self.log)
            self._create_database()
        return self.url

    def claim(self, owner: Owner) -> bool:
        """Become responsible for stopping the cluster, unless it runs for somebody else who lives or for nobody."""
        with self._locked():
            current = Owner.parse(self._owner_file.read_text()) if self._owner_file.exists() else None
            if self.is_running() and (current is None or current.is_alive()):
                return False
            self._own(self.home)
            self._owner_file.write_text(str(owner))
            return True

    def disclaim(self) -> None:
        """Let the cluster run for nobody: until it is stopped by hand."""
        self._owner_file.unlink(missing_ok=True)

    def stop(self, *, owned_by: Owner | None = None) -> None:
        """Stop the cluster and wait for its end; a stopped one, or one owned by another than given, is left alone."""
        with self._locked():
            if owned_by and self._owner_file.exists() and self._owner_file.read_text() != str(owned_by):
                return
            if self.is_running():
                self._call("pg_ctl", "-w", "-t", "60", "-m", "fast", "-D", str(self.data), "stop")

    def is_running(self) -> bool:
        """Whether the server lives; the pid file of a killed one, or another process of that id, does not count."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            return os.path.samefile(f"/proc/{pid}/cwd", self.data)
        except (FileNotFoundError, ProcessLookupError, PermissionError, IndexError, ValueError):
            return False

    def _prepare(self) -> None:
        self._own(self.home)
        self._own(self.sockets)
        self._let_through(self.home)
        self._let_through(binaries())
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._clear_after_kill()
        settings = _SETTINGS | ({} if self.durable else _FORGETFUL)
        settings |= {"unix_socket_directories": f"'{self.sockets}'", "unix_socket_permissions": "0700"}
        lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
        (self.data / "cloudportal.conf").write_text(lines)
        (self.data / "cloudportal.conf").chmod(0o644)

    def _initialise(self) -> None:
        """Built beside its place and moved there whole, so that a kill in the middle leaves nothing half made."""
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        self._call("initdb", "-U", "postgres", "--auth=trust", "--no-sync", *locale, "-D", str(fresh))
        with (fresh / "postgresql.conf").open("a") as settings:
            settings.write("include_if_exists = 'cloudportal.conf'\n")
        fresh.rename(self.data)

    def _clear_after_kill(self) -> None:
        """Remove a killed server's lock files, which can name a process that is something else by now.

        Its backends end by themselves when they notice; two servers on the same files would destroy them.
        """
        deadline = time.monotonic() + _ORPHAN_SECONDS
        while any(lives_in(self.data)):
            if time.monotonic() > deadline:
                raise ClusterError(f"Processes of a killed server still use {self.data}.")
            time.sleep(0.05)
        for leftover in (self.data / "postmaster.pid", *self.sockets.glob(".s.PGSQL.*")):
            leftover.unlink(missing_ok=True)

    def _create_database(self) -> None:
        with psycopg.connect(f"postgresql://postgres@/postgres?host={self.sockets}", autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.database]).fetchone():
                connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(self.database)))

    def _call(self, program: str, *arguments: str, explain: Path | None = None) -> None:
        call([str(binaries() / program), *arguments], output=self.home / "setup.log", explain=explain)

    def _own(self, directory: Path) -> None:
        """Create a directory for the server; one that somebody else prepared is refused."""
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        user, group = server_ids() if os.geteuid() == 0 else (os.geteuid(), os.getegid())
        facts = directory.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in {os.geteuid(), user}:
            raise ClusterError(f"{directory} belongs to somebody else.")
        os.chown(directory, user, group)

    def _let_through(self, path: Path) -> None:
        """Let the server's user pass, and only pass, the directories above."""
        for parent in path.parents if os.geteuid() == 0 else ():
            if not parent.stat().st_mode & stat.S_IXOTH:
                parent.chmod(stat.S_IMODE(parent.stat().st_mode) | stat.S_IXOTH)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.home.parent.mkdir(parents=True, exist_ok=True)
        with self.home.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


MAIN = Cluster(LOCAL / "postgres")
TEST = Cluster(LOCAL / "postgres-test", durable=False)
