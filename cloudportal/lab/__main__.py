"""`python -m cloudportal.lab up|status|down`: the lab without Django."""

import argparse
import sys

from cloudportal.lab.commands import add_arguments, execute
from cloudportal.lab.shell import LabError


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab", description="A whole cloud on one machine.")
    add_arguments(parser)
    try:
        return execute(parser.parse_args(), print)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
