"""The figures of the database for Prometheus, read at most every few seconds and never for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.registry import Collector

from cloudportal.api.metrics.figures import FIGURES

FRESH_SECONDS = 10.0
LONGEST = "3s"


class CloudCollector(Collector):
    """Whoever asks while the figures are fresh gets the same ones, so that many scrapers cost no more than one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._known: list[Gauge] = []

    def collect(self) -> Iterable[Gauge]:
        with self._lock:
            if time.monotonic() - self._read_at > FRESH_SECONDS:
                self._known = list(_read())
                self._read_at = time.monotonic()
            return self._known


def _read() -> Iterable[Gauge]:
    """Every figure that can be read; what takes too long is left out and counted."""
    reachable = _is_reachable()
    yield Gauge("cloudportal_database_up", "Whether the database answers.", value=float(reachable))
    left_out = 0
    for figure in FIGURES if reachable else ():
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
                yield from list(figure())
        except (DatabaseError, InterfaceError):
            structlog.get_logger(__name__).exception("a figure could not be read", figure=figure.__name__)
            left_out += 1
    yield Gauge("cloudportal_figures_left_out", "Groups of figures that could not be read.", value=left_out)


def _is_reachable() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return False
    return True
