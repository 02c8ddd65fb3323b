"""Keeping a django-q2 cluster alive and fed.

Seen happen: the idle worker that is next in line dies holding the lock of the shared queue, and the
cluster stands still for ever while every process looks alive. So a canary goes through the queue, and a
cluster that runs nothing while it has a free worker is replaced.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.db.models import F

from cloudportal.core import clock
from cloudportal.core.clock import WallClock
from cloudportal.jobs.canary import NODE_VARIABLE
from cloudportal.jobs.cluster import SUPERVISOR_VARIABLE
from cloudportal.jobs.delivery import send_canary
from cloudportal.jobs.models import Job, WorkerNode
from cloudportal.jobs.periodic import start_due
from cloudportal.jobs.sweeper import sweep

logger = structlog.get_logger(__name__)

SWEEP_SECONDS = 0.25
PERIODIC_SECONDS = 1.0
DEAF_CANARIES = 2.2
STOP_SECONDS = 15
START_GRACE_SECONDS = 5
# A step's mark that a crash of the database's machine loses is a step done again, which is safe: workers need not wait
# for the disk at each. The transaction that ends a job does wait (`engine._end`).
OPTIONS = "-c jit=off -c synchronous_commit=off"


@dataclass(slots=True)
class Supervisor:
    """One cluster in a process group of its own, and what it needs from outside."""

    name: str
    workers: int = field(default_factory=lambda: settings.JOB_WORKERS)
    cluster: subprocess.Popen[bytes] | None = None
    stopping: bool = False
    _next: dict[str, float] = field(default_factory=dict)
    _started: float = 0.0

    def run(self) -> None:
        """Until SIGTERM or SIGINT. A database that goes away is waited for."""
        refuse_connection_pool()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        self._start()
        try:
            while not self.stopping:
                self._tick_safely()
                time.sleep(SWEEP_SECONDS / 5)
        finally:
            self._stop()
            self._sign_off()

    def _sign_off(self) -> None:
        """A node that stops in order is gone; one that is killed leaves its row, and operators are alerted."""
        try:
            WorkerNode.objects.filter(name=self.name).delete()
        except DatabaseError as error:
            logger.warning("could not sign off", error=str(error))

    def _ask_to_stop(self, *_signal: object) -> None:
        self.stopping = True

    def _tick_safely(self) -> None:
        try:
            self.tick()
        except DatabaseError as error:
            logger.warning("database not available", error=str(error))
            connection.close()
            time.sleep(1)

    def tick(self) -> None:
        """Whatever is due now."""
        if self._due("sweep", SWEEP_SECONDS):
            sweep()
        if self._due("periodic", PERIODIC_SECONDS):
            start_due()
        if self._due("canary", settings.JOB_CANARY_SECONDS):
            self._beat()
            send_canary(self.name)
        if self._due("look", 1.0):
            self._look()

    def _due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now < self._next.get(what, 0.0):
            return False
        self._next[what] = now + seconds
        return True

    def _look(self) -> None:
        if self.cluster is not None and self.cluster.poll() is not None:
            logger.error("cluster ended", status=self.cluster.returncode)
            self._restart()
        elif self._is_deaf():
            logger.error("cluster runs nothing; replacing it")
            self._restart()

    def _is_deaf(self) -> bool:
        if time.monotonic() - self._started < START_GRACE_SECONDS + settings.JOB_CANARY_SECONDS:
            return False
        alive = WorkerNode.objects.filter(beat_at__gt=WallClock() - timedelta(seconds=30)).count()
        # Nodes share the queue and so each other's canaries: the more there are, the longer a live one may hear none.
        patience = timedelta(seconds=settings.JOB_CANARY_SECONDS * DEAF_CANARIES * max(1, alive))
        heard = WorkerNode.objects.filter(name=self.name, heard_at__gt=WallClock() - patience).exists()
        return not heard and self._busy() < self.workers

    def _busy(self) -> int:
        owned = Job.objects.filter(state=Job.State.RUNNING, lease_owner__startswith=f"{self.name}:")
        return owned.filter(lease_until__gt=WallClock()).count()

    def _beat(self) -> None:
        now = clock.now()
        WorkerNode.objects.update_or_create(
            name=self.name,
            defaults={"beat_at": now, "queue": settings.JOB_QUEUE, "workers": self.workers},
            create_defaults={
                "beat_at": now,
                "queue": settings.JOB_QUEUE,
                "workers": self.workers,
                "started_at": now,
                "heard_at": now,
            },
        )

    def _start(self) -> None:
        own = {
            NODE_VARIABLE: self.name,
            SUPERVISOR_VARIABLE: str(os.getpid()),
            "NODE_NAME": self.name,
            "JOB_WORKERS": str(self.workers),
            "DATABASE_OPTIONS": OPTIONS,
        }
        command = [sys.executable, "-m", "cloudportal.jobs.cluster"]
        self.cluster = subprocess.Popen(command, env=os.environ | own, start_new_session=True)
        self._started = time.monotonic()

    def _restart(self) -> None:
        self._stop(gently=False)
        WorkerNode.objects.filter(name=self.name).update(restarts=F("restarts") + 1)
        self._start()

    def _stop(self, *, gently: bool = True) -> None:
        """End the whole process group, so that no worker outlives its cluster."""
        if self.cluster is None:
            return
        if gently and self.cluster.poll() is None:
            self.cluster.terminate()
            try:
                self.cluster.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                logger.warning("cluster did not stop in time")
        try:
            os.killpg(self.cluster.pid, signal.SIGKILL)
        except ProcessLookupError:
            logger.debug("cluster is gone")
        self.cluster.wait()


def refuse_connection_pool() -> None:
    """Django's connection pool stays open across fork, and workers then read each other's answers."""
    if settings.DATABASES["default"].get("OPTIONS", {}).get("pool"):
        raise ImproperlyConfigured("Workers can't use Django's connection pool; leave OPTIONS['pool'] out for them.")
