"""Where OVN's databases listen, from one url.

``ovn+unix:///run/ovn/ovnnb_db.sock?sb=ovn+unix:///run/ovn/ovnsb_db.sock``
``ovn+tcp://10.0.0.1:6641,10.0.0.2:6641?sb=ovn+tcp://10.0.0.1:6642,10.0.0.2:6642``
``ovn+ssl://10.0.0.1:6641?key=/etc/x.key&cert=/etc/x.crt&ca=/etc/ca.crt&chassis=gw1,gw2``
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from cloudportal.infrastructure.drivers.errors import Fatal


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths of a client's key, certificate and authority. OVS has one set for each process."""

    key: str
    certificate: str
    authority: str


@dataclass(frozen=True, slots=True)
class OvnAddress:
    """Both databases, in OVS' notation.

    Attributes:
        southbound: empty when the gateway chassis are listed instead.
        chassis: those that may carry routers; empty when the Southbound database tells.
    """

    northbound: str
    southbound: str
    chassis: tuple[str, ...]
    tls: TlsFiles | None

    @classmethod
    def parse(cls, url: str) -> OvnAddress:
        """Raises Fatal when the url is not of the form above."""
        parts = urlsplit(url)
        options = _options(parts.query)
        southbound = options.get("sb", "")
        return cls(
            northbound=_remote(parts),
            southbound=_remote(urlsplit(southbound)) if southbound else "",
            chassis=tuple(name for name in options.get("chassis", "").split(",") if name),
            tls=_tls(options) if parts.scheme == "ovn+ssl" else None,
        )


def _options(query: str) -> dict[str, str]:
    """Like parse_qs, except that a plus sign means itself: the schemes of our urls have one."""
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return {name: unquote(value) for name, _, value in pairs}


def _remote(parts: SplitResult) -> str:
    transport = parts.scheme.removeprefix("ovn+")
    if transport == "unix" and parts.path:
        return f"unix:{unquote(parts.path)}"
    if transport in {"tcp", "ssl"} and parts.netloc:
        return ",".join(f"{transport}:{member}" for member in parts.netloc.split(","))
    where = parts._replace(query="").geturl()
    raise Fatal("The url does not say where OVN listens: ovn+unix, ovn+tcp or ovn+ssl is expected.", where)


def _tls(options: dict[str, str]) -> TlsFiles:
    try:
        return TlsFiles(options["key"], options["cert"], options["ca"])
    except KeyError as missing:
        raise Fatal(f"ovn+ssl needs the paths key, cert and ca in the url; {missing} is not there.") from None
