"""The embedded database: `python -m cloudportal.setup.database start|stop|url`.

`run -- COMMAND` runs a command with what Django needs in its environment and stops what it started; where
DATABASE_URL is set already, that database is used and nothing is started. `--test` means the cluster for tests.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from types import FrameType

from cloudportal.lab.keeper import wait_for_end
from cloudportal.lab.processes import started_at
from cloudportal.setup.children import ends_with_us
from cloudportal.setup.cluster import Cluster
from cloudportal.setup.environment import django_environment
from cloudportal.setup.places import LOCAL, REPOSITORY
from cloudportal.setup.server import ClusterError

MAIN = Cluster(LOCAL / "postgres")
TEST = Cluster(LOCAL / "postgres-test", durable=False)


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    cluster = TEST if options.test else MAIN
    try:
        match options.action:
            case "start":
                print(cluster.start())
            case "stop":
                _wait_for_owner(options.when_ends)
                cluster.stop()
            case "url":
                print(cluster.url)
            case _:
                return run_with_database(cluster, options.command)
    except ClusterError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="database", description="The embedded PostgreSQL.")
    parser.add_argument("--test", action="store_true", help="the cluster for tests")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("start", help="start it and print its URL")
    stop = actions.add_parser("stop", help="stop it")
    stop.add_argument("--when-ends", metavar="PID:START", help="not now, but when that process has ended")
    actions.add_parser("url", help="print its URL")
    run = actions.add_parser("run", help="run a command with DATABASE_URL set")
    run.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def run_with_database(cluster: Cluster, command: list[str]) -> int:
    """Run a command against DATABASE_URL or the cluster, and leave the cluster as it was found."""
    command = [part for position, part in enumerate(command) if position or part != "--"]
    if url := os.environ.get("DATABASE_URL"):
        return _run(command, django_environment(os.environ, database_url=url))
    was_running = cluster.is_running()
    url = cluster.start()
    if not was_running:
        stop_with_owner(cluster)
    try:
        return _run(command, django_environment(os.environ, database_url=url))
    finally:
        if not was_running:
            cluster.stop()


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(ends_with_us(command), env=environment) as process:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            process.send_signal(number)

        # Ctrl-C reaches the whole process group by itself; we only must not die before the command.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, pass_on)
        signal.signal(signal.SIGHUP, pass_on)
        return process.wait()


def stop_with_owner(cluster: Cluster) -> None:
    """Have the cluster stopped when this process ends, even by kill -9."""
    test = ["--test"] if not cluster.durable else []
    owner = f"{os.getpid()}:{started_at(os.getpid())}"
    argv = [sys.executable, "-m", "cloudportal.setup.database", *test, "stop", "--when-ends", owner]
    subprocess.run(
        ["setsid", "--fork", *argv], cwd=REPOSITORY, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True
    )


def _wait_for_owner(owner: str | None) -> None:
    if owner:
        pid, _, ticks = owner.partition(":")
        wait_for_end(int(pid), int(ticks))


def ensure_running(environment: Mapping[str, str]) -> tuple[str, Cluster | None]:
    """The URL to use, and the cluster that was started for it (None for a database of the user's own)."""
    if url := environment.get("DATABASE_URL"):
        return url, None
    return MAIN.start(), MAIN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
