"""Renewing the lease while a step runs, from a thread with a connection of its own."""

from __future__ import annotations

import threading
from types import TracebackType

import structlog
from django.conf import settings
from django.db import DatabaseError, connection

from cloudportal.jobs.lease import Lease, LeaseLost

logger = structlog.get_logger(__name__)


class Heartbeat:
    """Beats until it is stopped or the lease is lost. Short jobs end before the first beat and open no connection."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{lease.job_id}", daemon=True)
        self.lost = False

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._stopped.wait(settings.JOB_HEARTBEAT_SECONDS):
                if not self._renew():
                    return
        finally:
            connection.close()

    def _renew(self) -> bool:
        try:
            self._lease.renew()
        except LeaseLost:
            self.lost = True
            return False
        except DatabaseError as error:
            # The database may be back before the lease ends; the fenced writes decide in the end.
            logger.warning("heartbeat failed", job_id=self._lease.job_id, error=str(error))
            connection.close()
        return True
