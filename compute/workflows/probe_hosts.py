"""Every few seconds: which hosts answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core import events
from cloudportal.core.alerts import raise_alert, resolve, subject_of
from cloudportal.core.clock import WallClock
from cloudportal.core.driver_errors import DriverError
from cloudportal.infrastructure.alerts import HOST_DISCONNECTED, is_missed, words_of_silence
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from cloudportal.infrastructure.states import ConnectionState
from cloudportal.jobs.periodic import System, every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from compute.engines import target_of
from compute.hypervisors.base import HostTarget
from compute.hypervisors.registry import hypervisor_for

PROBE_HOSTS = Workflow("compute.probe_hosts", "Probe hosts", cancellable=False)

PERIOD = timedelta(seconds=8)
# One lost answer is no dead host; two in a row are. With the ping's own limit that is 21 seconds at most.
SILENCE = timedelta(seconds=12)
AT_ONCE = 32
BATCH = 4000


@PROBE_HOSTS.step("Ask the hosts that were asked longest ago")
def probe(run: Run[None]) -> None:
    hosts = list(Host.objects.select_related("zone").order_by("last_seen_at")[:BATCH])
    with ThreadPoolExecutor(AT_ONCE) as threads:
        answers = list(threads.map(_ask, [target_of(host) for host in hosts]))
    run.checkpoint()
    alive = [host.pk for host, error in zip(hosts, answers, strict=True) if not error]
    _mark_alive(alive)
    for host, error in zip(hosts, answers, strict=True):
        if error:
            _mark_silent(host, error)
    refresh_schedulable(Host.objects.filter(pk__in=[host.pk for host in hosts]))


def _ask(target: HostTarget) -> str:
    """The error, or nothing. Runs in a thread and so touches no database."""
    try:
        hypervisor_for(target).ping()
    except DriverError as error:
        return str(error) or type(error).__name__
    return ""


def _mark_alive(keys: list[int]) -> None:
    with transaction.atomic():
        back = list(Host.objects.filter(pk__in=keys).exclude(connection_state=ConnectionState.UP))
        for host in back:
            events.record(System(), "compute.host_connected", f"Host {host} answers again.", resource=host)
        Host.objects.filter(pk__in=keys).update(last_seen_at=Now(), connection_state=ConnectionState.UP, last_error="")
        resolve(HOST_DISCONNECTED, [subject_of(host).about for host in back])


def _mark_silent(host: Host, error: str) -> None:
    rows = Host.objects.filter(pk=host.pk)
    rows.update(last_error=error)
    silent = rows.filter(Q(last_seen_at=None) | Q(last_seen_at__lt=WallClock() - SILENCE))
    with transaction.atomic():
        if not silent.exclude(connection_state=ConnectionState.DISCONNECTED).update(
            connection_state=ConnectionState.DISCONNECTED
        ):
            return
        words = words_of_silence(host, error)
        events.record(System(), "compute.host_disconnected", words, resource=host, level="error")
        if is_missed(host):
            raise_alert(HOST_DISCONNECTED, subject_of(host), words)


every(PERIOD, PROBE_HOSTS)
