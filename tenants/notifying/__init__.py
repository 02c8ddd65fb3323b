"""Telling people: in the pages and by mail, as each of them wants it.

`notify` tells some users something. What follows from events stands in one table, `rules`, and is told by the job that
hands events on. How it works, and why so, stands in docs/alerts.md.
"""

from tenants.notifying.kinds import KINDS, Kind, declare
from tenants.notifying.rules import tell_of
from tenants.notifying.telling import Telling, notify, tell

__all__ = ["KINDS", "Kind", "Telling", "declare", "notify", "tell", "tell_of"]
