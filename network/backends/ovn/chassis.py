"""Which hosts carry the routers' way out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from uuid import UUID

from network.backends.ovn.rows import Row

# Every gateway keeps a tunnel check to each candidate; beyond a few they add cost and no safety.
CANDIDATES = 5
GATEWAY_OPTION = "enable-chassis-as-gw"


def gateways(rows: Iterable[Row], mapping: str) -> list[str]:
    """Chassis that reach the outside under that name; only those marked as gateways where some are."""
    able = [row for row in rows if mapping in _mappings(row)]
    marked = [row for row in able if GATEWAY_OPTION in _option(row, "ovn-cms-options").split(",")]
    return sorted(row.name for row in marked or able)


def ranked(network: UUID, chassis: Iterable[str]) -> list[tuple[str, int]]:
    """The candidates of a network with their priorities, highest first.

    Rendezvous hashing (Thaler and Ravishankar, 1998) spreads networks evenly and moves few of them
    when a host comes or goes.
    """
    best = sorted(chassis, key=lambda name: hashlib.sha256(f"{network}/{name}".encode()).digest())[:CANDIDATES]
    return [(name, 100 - 10 * rank) for rank, name in enumerate(best)]


def _mappings(row: Row) -> set[str]:
    return {pair.partition(":")[0].strip() for pair in _option(row, "ovn-bridge-mappings").split(",")}


def _option(row: Row, name: str) -> str:
    """Moved from one column to the other in OVN 20.12, and written to both for a while."""
    return str(row.other_config.get(name) or row.external_ids.get(name, ""))
