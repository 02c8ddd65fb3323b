"""The embedded database: `python -m cloudportal.setup.database start|stop|url`.

`run -- COMMAND` runs a command with what Django needs in its environment and stops what it started; where
DATABASE_URL is set already, that database is used and nothing is started. `--test` means the cluster for tests.
"""

import argparse
import os
import signal
import subprocess
import sys
from types import FrameType

from cloudportal.setup.children import ends_with_us
from cloudportal.setup.cluster import MAIN, TEST, Cluster
from cloudportal.setup.environment import django_environment
from cloudportal.setup.keeper import keep
from cloudportal.setup.owner import MARK, Owner
from cloudportal.setup.server import ClusterError


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    cluster = TEST if options.test else MAIN
    try:
        match options.action:
            case "start":
                print(cluster.start())
                cluster.disclaim()
            case "stop":
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
    actions.add_parser("stop", help="stop it")
    actions.add_parser("url", help="print its URL")
    run = actions.add_parser("run", help="run a command with DATABASE_URL set")
    run.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def run_with_database(cluster: Cluster, command: list[str]) -> int:
    """Run a command against DATABASE_URL or the cluster, and leave the cluster as it was found."""
    command = [part for position, part in enumerate(command) if position or part != "--"]
    if url := os.environ.get("DATABASE_URL"):
        return _run(command, django_environment(os.environ, database_url=url))
    ours = cluster.claim(Owner.this_process())
    keep(cluster if ours else None)
    url = cluster.start()
    try:
        return _run(command, django_environment(os.environ, database_url=url))
    finally:
        if ours:
            cluster.stop()


def _run(command: list[str], environment: dict[str, str]) -> int:
    with subprocess.Popen(ends_with_us(command), env={**environment, MARK: str(Owner.this_process())}) as process:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            process.send_signal(number)

        # Ctrl-C reaches the whole process group by itself; we only must not die before the command.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, pass_on)
        signal.signal(signal.SIGHUP, pass_on)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
