"""What a measurement works with: databases, processes of the portal on them, and parts that run inside Django."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudportal.bench.database import Server
from cloudportal.bench.sizes import Sizes
from cloudportal.setup.children import ends_with_us, manage, python, start
from cloudportal.setup.places import LOGS, REPOSITORY

_SERVING_SECONDS = 60.0
_STOP_SECONDS = 20.0


class PartFailed(Exception):
    """A process of the measurement did not do what was asked; the message says where its words are."""


@dataclass(frozen=True, slots=True)
class Workbench:
    """`home` takes what the portal keeps in files; `environment` is what every process is started with."""

    server: Server
    sizes: Sizes
    home: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        return LOGS / "bench.log"

    @contextmanager
    def database(self, name: str, *, empty: bool = False) -> Iterator[str]:
        """A database that is gone afterwards."""
        url = self.server.create(name, empty=empty)
        try:
            yield url
        finally:
            self.server.drop(name)

    def run(self, url: str, part: str, **options: Any) -> Any:
        """Run a part on a database and return its answer.

        Raises:
            PartFailed: it ended with an error.
        """
        answer = self.home / f"{part}.json"
        self.manage(url, "bench_part", part, json.dumps(options), str(answer))
        return json.loads(answer.read_text())

    def manage(self, url: str, *arguments: str) -> None:
        """Run a command of manage.py on a database.

        Raises:
            PartFailed: it ended with an error.
        """
        with self.log.open("ab") as log:
            done = subprocess.run(
                ends_with_us(manage(*arguments)), cwd=REPOSITORY, env=self._environment(url), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, check=False,
            )  # fmt: skip
        if done.returncode:
            raise PartFailed(f"{' '.join(arguments[:2])} ended with code {done.returncode}; see {self.log}.")

    @contextmanager
    def portal(self, url: str) -> Iterator[int]:
        """The web processes as `make run` starts them; the port that they listen on."""
        port = _free_port()
        argv = ["-m", "gunicorn", "cloudportal.wsgi", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread"]
        argv += ["--workers", "2", "--threads", "8", "--graceful-timeout", "2", "--no-control-socket"]
        with self._running(url, python(*argv)):
            self._wait_until_serving(port)
            yield port

    @contextmanager
    def worker(self, url: str, name: str) -> Iterator[None]:
        """A supervised node with two workers."""
        with self._running(url, manage("runworker", "--name", name, "--workers", "2")):
            yield

    @contextmanager
    def _running(self, url: str, argv: list[str]) -> Iterator[None]:
        process = start(argv, self._environment(url), self.log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _wait_until_serving(self, port: int) -> None:
        end = time.monotonic() + _SERVING_SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                if time.monotonic() > end:
                    raise PartFailed(f"The portal does not answer: {error}; see {self.log}.") from error
            time.sleep(0.1)

    def _environment(self, url: str) -> dict[str, str]:
        return {**self.environment, "DATABASE_URL": url, "CLOUDPORTAL_STATE_DIR": str(self.home)}


@contextmanager
def empty_directory(path: Path) -> Iterator[Path]:
    """A directory that is empty now and gone afterwards."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
