"""How many requests somebody may make: token buckets in the database, which all processes share.

A process takes tokens by the handful when somebody asks often, and holds them for a second at most, so that a request
in a row of many costs no statement. No more is ever given out than the bucket had.
"""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

from django.conf import settings
from django.http.response import HttpResponseBase

from cloudportal.core.prepared import fetch_all

HELD_SECONDS = 1.0
MOST_HELD = 10_000
# At most so much of a minute's tokens is held by one process.
SHARE = 0.01

_AVAILABLE = """least(%(burst)s::float8, b.tokens
    + greatest(0, extract(epoch FROM statement_timestamp() - b.at)) * %(rate)s::float8)"""
_GRANTED = f"CASE WHEN {_AVAILABLE} < %(least)s THEN 0 ELSE least(%(most)s::float8, floor({_AVAILABLE})) END"
_TAKE = f"""
INSERT INTO doors_ratebucket AS b (name, tokens, granted, at)
VALUES (%(name)s, %(burst)s::float8 - least(%(most)s::float8, %(burst)s::float8),
        least(%(most)s::float8, %(burst)s::float8), statement_timestamp())
ON CONFLICT (name) DO UPDATE
SET granted = {_GRANTED}, tokens = {_AVAILABLE} - {_GRANTED}, at = greatest(b.at, statement_timestamp())
RETURNING b.granted, b.tokens
"""  # noqa: S608 - joined from constants alone


@dataclass(frozen=True, slots=True)
class Allowance:
    """What was decided, and what the client is told of it (the RateLimit header fields of the IETF's draft)."""

    policy: str
    per_minute: int
    remaining: int
    # Seconds after which asking again makes sense; 0 when the request may go on.
    wait: int = 0

    def write(self, response: HttpResponseBase) -> None:
        full = math.ceil((self.per_minute - self.remaining) * 60 / self.per_minute)
        response["RateLimit-Policy"] = f'"{self.policy}";q={self.per_minute};w=60'
        response["RateLimit"] = f'"{self.policy}";r={self.remaining};t={max(full, 0)}'


@dataclass(slots=True)
class _Held:
    """Tokens of one bucket that this process holds."""

    left: float = 0
    until: float = 0
    size: float = 1
    tokens: float = 0
    blocked_until: float = 0


class _Purse:
    """All that this process holds."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def spend(self, name: str, policy: str, per_minute: int, cost: int) -> Allowance:
        now = time.monotonic()
        with self._lock:
            held = self._held.setdefault(name, _Held())
            self._held.move_to_end(name)
            while len(self._held) > MOST_HELD:
                self._held.popitem(last=False)
            if now < held.blocked_until:
                return Allowance(policy, per_minute, 0, math.ceil(held.blocked_until - now))
            if now < held.until and held.left >= cost:
                held.left -= cost
                return Allowance(policy, per_minute, int(held.left + held.tokens))
            # Who used up the last handful within its second gets a larger one.
            busy = now < held.until
            held.size = min(held.size * 2, max(1, per_minute * SHARE)) if busy else 1
            most = cost - 1 + held.size
        granted, tokens = _take(name, per_minute, cost, most)
        with self._lock:
            held.tokens = tokens
            if granted < cost:
                held.blocked_until = now + max((cost - tokens) * 60 / per_minute, 0.05)
                return Allowance(policy, per_minute, 0, max(1, math.ceil(held.blocked_until - now)))
            held.left = granted - cost
            held.until = now + HELD_SECONDS
            return Allowance(policy, per_minute, int(held.left + tokens))

    def forget(self) -> None:
        with self._lock:
            self._held.clear()


def spend_account(account_id: int, cost: int = 1) -> Allowance | None:
    """Take from what an account may ask in a minute; None where there is no limit."""
    limit = settings.API_RATE_PER_MINUTE
    return _purse.spend(f"account:{account_id}", "account", limit, min(cost, limit)) if limit else None


def spend_address(address: str) -> Allowance | None:
    """Take from what an address may ask without a valid key in a minute; None where there is no limit."""
    limit = settings.API_ANONYMOUS_PER_MINUTE
    return _purse.spend(f"address:{_network(address)}", "address", limit, 1) if limit else None


def forget_held() -> None:
    """Give up what this process holds: for tests, whose databases are emptied behind its back."""
    _purse.forget()


def _network(address: str) -> str:
    """Whose address it is: one IPv4 address, or the /64 that an IPv6 host can choose its addresses from."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    return str(found) if found.version == 4 else str(ipaddress.ip_network((int(found) >> 64 << 64, 64)))


def _take(name: str, per_minute: int, least: float, most: float) -> tuple[float, float]:
    """Take `most` tokens or what there is, but nothing when it is not `least`: what was granted, and what is left."""
    values = {"name": name, "burst": per_minute, "rate": per_minute / 60, "least": least, "most": most}
    granted, tokens = fetch_all(_TAKE, values)[0]
    return granted, tokens


_purse = _Purse()
