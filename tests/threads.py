"""Doing the same at once, from threads with database connections of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

THREADS = 12


def at_once(work: Callable[[int], str], times: int) -> Counter[str]:
    """Do the work in threads, each with a connection of its own; counts the answers."""

    def one(number: int) -> str:
        try:
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as threads:
        return Counter(threads.map(one, range(times)))
