"""Who may count while the tree of domains, or which of its domains are limited, changes."""

from __future__ import annotations

from django.db import connection
from django.db.transaction import TransactionManagementError

# The key of the advisory lock, out of the way of others: "limits" in ASCII.
KEY = 0x6C696D697473


def hold_still() -> None:
    """Until the transaction ends, no domain becomes limited and none moves. Any number may hold this."""
    _lock("SELECT pg_advisory_xact_lock_shared(%s)")


def stop_counting_everywhere() -> None:
    """Wait for all who count, and let nobody count until the transaction ends. Keep it short."""
    _lock("SELECT pg_advisory_xact_lock(%s)")


def _lock(statement: str) -> None:
    if not connection.in_atomic_block:
        raise TransactionManagementError("Limits are counted in the transaction that changes what they count.")
    with connection.cursor() as cursor:
        cursor.execute(statement, [KEY])
