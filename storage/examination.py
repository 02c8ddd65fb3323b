"""Examining a large image in a process of its own, which outlives the worker that began it.

No Django here: `python -m storage.examination` starts at once and holds no connection. What it and those who wait for
it tell each other are files in a directory on the image's store, so that any node may begin it and any other may read
the verdict: a lock that says who is at work, a mark that somebody still wants it, how far it is, and the verdict.
If process or machine die, the lock is free and no verdict is there: it is begun again.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cloudportal.core.driver_errors import Fatal, Retryable
from storage.images import ImageFacts, inspect

ROOT = Path(__file__).resolve().parents[1]
# It ends when nobody has asked for so long: the portal was stopped.
PATIENCE_SECONDS = 600.0
LOOK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Examination:
    """One image to be judged, and the directory where that is written down."""

    directory: Path
    image: Path
    format: str
    checksum: str = ""

    def begin(self) -> None:
        """Start a process. When one is at work already, on whatever node, it ends at once."""
        command = [sys.executable, "-m", "storage.examination", str(self.directory), str(self.image)]
        # Nothing secret goes to a process that reads a stranger's file; the rest is how the portal's are recognized.
        kept = {name: value for name, value in os.environ.items() if name == "PATH" or name.startswith("CLOUDPORTAL_")}
        _reap()
        _begun.append(
            subprocess.Popen(
                [*command, self.format, self.checksum],
                cwd=ROOT,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )

    def is_at_work(self) -> bool:
        """Whether a process, here or on another node, holds the lock."""
        with suppress(FileNotFoundError):  # nobody was ever asked
            file = os.open(self._file("lock"), os.O_RDWR)
            try:
                return not _locked(file)
            finally:
                os.close(file)
        return False

    def want(self) -> None:
        """Tell the process that its verdict is still asked for."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._file("wanted").touch()

    def read_bytes(self) -> int:
        """How much of the file has been read so far."""
        return int((self._read("progress") or {}).get("read", 0))

    def verdict(self) -> ImageFacts | None:
        """What was found; None when it is not known yet.

        Raises:
            Fatal: the image is refused, in words.
            Retryable: the file could not be read.
        """
        found = self._read("verdict")
        if found is None:
            return None
        if words := found.get("refused"):
            raise Fatal(words)
        if words := found.get("failed"):
            self._file("verdict").unlink(missing_ok=True)
            raise Retryable("The image could not be examined.", words)
        return ImageFacts(**found)

    def forget(self) -> None:
        """Remove what was written down; a process that is at work sees it and ends."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def work(self) -> None:
        """What the process does."""
        # Ours until this process ends, however that comes.
        lock = os.open(self._file("lock"), os.O_CREAT | os.O_RDWR, 0o600)
        if not _locked(lock) or self._file("verdict").exists():
            return
        watch = _Watch(self)
        try:
            self._write("verdict", asdict(inspect(self.image, self.format, self.checksum, watch.tick)))
        except Fatal as refusal:
            self._write("verdict", {"refused": str(refusal)})
        except Exception as error:
            # Told to whoever asks, who logs it and has it done again.
            self._write("verdict", {"failed": f"{type(error).__name__}: {error}"})

    def _file(self, name: str) -> Path:
        return self.directory / name

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(self._file(name).read_text())
        except FileNotFoundError:
            return None
        return found

    def _write(self, name: str, content: dict[str, Any]) -> None:
        """At once or not at all, also for another node that reads it."""
        draft = self._file(f"{name}.draft")
        with suppress(FileNotFoundError):  # forgotten meanwhile
            draft.write_text(json.dumps(content))
            draft.replace(self._file(name))


class _Watch:
    """Tells how far the process is, and ends it when nobody wants the verdict any more."""

    def __init__(self, examination: Examination) -> None:
        self._examination = examination
        self._looked = 0.0
        self._asked, self._asked_at = self._mark(), time.monotonic()

    def tick(self, read: int) -> None:
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        # Changes of the time are counted, not the time: another node's clock may be another.
        if (mark := self._mark()) != self._asked:
            self._asked, self._asked_at = mark, now
        if not mark or now - self._asked_at > PATIENCE_SECONDS:
            sys.exit("Nobody asks for the verdict any more.")
        self._examination._write("progress", {"read": read})

    def _mark(self) -> int:
        try:
            return self._examination._file("wanted").stat().st_mtime_ns
        except FileNotFoundError:
            return 0


def _locked(file: int) -> bool:
    """Whether the lock was free and is this open file's now."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# Children that may have ended; one whose end nobody asks for stays a zombie.
_begun: list[subprocess.Popen[bytes]] = []


def _reap() -> None:
    _begun[:] = [process for process in _begun if process.poll() is None]


if __name__ == "__main__":
    directory, image, image_format, checksum = sys.argv[1:]
    Examination(Path(directory), Path(image), image_format, checksum).work()
