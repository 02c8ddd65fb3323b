"""The first process of a node: `python -m cloudportal.lab.node NAME BASE`. Only ever started inside new namespaces."""

import os
import sys
from pathlib import Path

from cloudportal.lab.layout import CENTRAL, Layout
from cloudportal.lab.node import central, hypervisor
from cloudportal.lab.node.first_process import live_as_first_process


def main(name: str, base: str) -> None:
    if os.getpid() != 1:
        raise SystemExit("This program changes the system it runs on; it is for the first process of a lab's node.")
    layout = Layout.at(Path(base))
    if name == CENTRAL:
        central.boot(layout)
    else:
        hypervisor.boot(layout, name)
    live_as_first_process(layout.ready(name))


if __name__ == "__main__":
    main(*sys.argv[1:])
