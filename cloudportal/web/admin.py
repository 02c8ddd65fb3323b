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
from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.doors.admin.display import STATE_COLOURS
from cloudportal.jobs.models import Job, WorkerNode
from tenants import selectors
from tenants.actor import Actor


class History(PortalAdmin):
    """Something that only grows: it is never counted, and read from its newest end."""

    paginator = InfinitePaginator
    sortable_by = ()


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
    list_display = ("title", "status", "step", "actor_name", "attempt", "created_at", "finished_at", "error")
    list_filter = ("state",)
    search_fields = ("title", "resource_name")

    @display(description=_("State"), label=STATE_COLOURS)
    def status(self, job: Job) -> str:
        return job.state

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
        "message", "severity", ("action", "at"), ("actor_name", "request_id"), ("resource_type", "resource_name"),
        ("resource_uuid", "job_uuid"), "details",
    )  # fmt: skip
    list_display = ("at", "severity", "message", "action", "actor_name", "resource_name")
    list_display_links = ("at", "message")
    list_filter = ("level",)
    search_fields = ("message", "actor_name", "resource_name")

    @display(description=_("Level"), label=STATE_COLOURS)
    def severity(self, event: Event) -> str:
        return event.level


def worker_nodes(actor: Actor) -> QuerySet[WorkerNode]:
    return WorkerNode.objects.all() if actor.is_operator else WorkerNode.objects.none()


@admin.register(WorkerNode)
class WorkerNodeAdmin(PortalAdmin):
    selector = worker_nodes
    fields = ("name", "queue", "workers", ("started_at", "beat_at"), ("heard_at", "restarts"))
    list_display = ("name", "queue", "workers", "started_at", "beat_at", "heard_at", "restarts")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).order_by("name")
