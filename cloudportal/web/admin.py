"""Jobs, workers and events, to read. They stand here since jobs and core know neither actors nor doors."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from cloudportal.core.models import Event
from cloudportal.doors.admin.base import PortalAdmin, actor_of
from cloudportal.doors.admin.display import STATE_COLOURS, badge, bar, moment, size
from cloudportal.infrastructure.selectors import Capacity, capacity, hosts_by_state
from cloudportal.jobs.models import Job, WorkerNode
from network.selectors import address_capacity
from storage.selectors import storage_capacity
from tenants import selectors
from tenants.actor import Actor


class History(PortalAdmin):
    """Something that only grows: it is never counted, and read from its newest end."""

    paginator = InfinitePaginator
    sortable_by = ()


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the front page of the admin shows beside the ways on."""
    actor = actor_of(request)
    every = [*capacity(actor), *storage_capacity(actor), *address_capacity(actor)]
    bars = [{"kind": one.kind, "bar": bar(one, _of(one))} for one in every]
    hosts = [{"state": badge(name), "count": count} for name, count in hosts_by_state(actor).items()]
    return context | {"title": _("Overview"), "capacity": bars, "hosts": hosts}


def _of(one: Capacity) -> str:
    return f"{_amount(one, one.used)} / {_amount(one, one.total)}"


def _amount(one: Capacity, number: int) -> str:
    units = {"MiB": 2**20, "bytes": 1}
    return size(number * units[one.unit]) if one.unit in units else f"{number:,}"


@admin.register(Job)
class JobAdmin(History):
    selector = selectors.jobs
    fieldsets = (
        (None, {"fields": ("title", "status", ("kind", "progress"), "message", ("error_code", "error"))}),
        (_("Steps"), {"fields": ("steps_done",)}),
        (
            _("Details"),
            {
                "fields": (
                    ("resource_type", "resource_name"), ("resource_uuid", "uuid"), ("actor_name", "request_id"),
                    ("queue", "lease_owner"), ("attempt", "crashes"), ("created_at", "run_after"),
                    ("started_at", "finished_at"),
                )
            },
        ),
    )  # fmt: skip
    list_display = ("title", "status", "step", "actor_name", "attempt", "created", "finished", "error")
    list_filter = ("state",)
    search_fields = ("title", "resource_name")

    @display(description=_("State"))
    def status(self, job: Job) -> SafeString:
        return badge(job.state)

    @display(description=_("Created"))
    def created(self, job: Job) -> str:
        return moment(job.created_at)

    @display(description=_("Finished"))
    def finished(self, job: Job) -> str:
        return moment(job.finished_at)

    @display(description=_("Steps"))
    def step(self, job: Job) -> str:
        steps = list(job.steps.all())
        return f"{sum(step.state == 'done' for step in steps)} / {len(steps)}"

    @display(description=_("Steps"))
    def steps_done(self, job: Job) -> SafeString:
        rows = [{"step": step, "colour": STATE_COLOURS.get(step.state, "")} for step in job.steps.all()]
        return mark_safe(render_to_string("admin/job_steps.html", {"rows": rows}))  # noqa: S308 - a template's output


@admin.register(Event)
class EventAdmin(History):
    selector = selectors.events
    fields = (
        "message", "severity", ("action", "when"), ("actor_name", "request_id"), ("resource_type", "resource_name"),
        ("resource_uuid", "job_uuid"), "details",
    )  # fmt: skip
    list_display = ("when", "severity", "message", "action", "actor_name", "resource_name")
    list_display_links = ("when", "message")
    list_filter = ("level",)
    search_fields = ("message", "actor_name", "resource_name")

    @display(description=_("At"))
    def when(self, event: Event) -> str:
        return moment(event.at)

    @display(description=_("Level"))
    def severity(self, event: Event) -> SafeString:
        return badge(event.level)


def worker_nodes(actor: Actor) -> QuerySet[WorkerNode]:
    return WorkerNode.objects.all() if actor.is_operator else WorkerNode.objects.none()


@admin.register(WorkerNode)
class WorkerNodeAdmin(PortalAdmin):
    selector = worker_nodes
    fields = ("name", "queue", "workers", ("started_at", "beat_at"), ("heard_at", "restarts"))
    list_display = ("name", "queue", "workers", "started_at", "beat_at", "heard_at", "restarts")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("name")
