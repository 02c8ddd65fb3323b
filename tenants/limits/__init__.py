"""Limits: reserved in the transaction that makes something, released in the one that ends it.

How it works, and why so, stands in docs/limits.md.
"""

from tenants.limits.counting import release, reserve, stop_counting
from tenants.limits.moving import moving
from tenants.limits.recount import recount
from tenants.limits.standing import room

__all__ = ["moving", "recount", "release", "reserve", "room", "stop_counting"]
