"""Which driver serves a url: its scheme decides, and a driver is imported only when it is wanted.

A worker of a site without vSphere needs no pyvmomi, and the simulator needs nothing at all.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from cloudportal.infrastructure.drivers.errors import Fatal, Unsupported


def driver_class(url: str, drivers: Mapping[str, str]) -> Any:
    """The class that serves `url`, from a table of scheme to ``package.module:Class``.

    The part of the scheme before the first ``+`` names the engine, the rest its transport.

    Raises:
        Fatal: no engine has that scheme.
        Unsupported: the engine's client library is not installed on this machine.
    """
    engine = urlsplit(url).scheme.split("+")[0]
    if engine not in drivers:
        known = ", ".join(sorted(drivers))
        raise Fatal(f"No driver for the engine: its url has to begin with one of {known}.", redacted(url))
    try:
        return pkgutil.resolve_name(drivers[engine])
    except ModuleNotFoundError as error:
        raise Unsupported(f"This machine can't drive {engine!r} engines: {error.name} is not installed.") from error


def redacted(url: str) -> str:
    """The url without what may be secret in it: user, password and query."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()
