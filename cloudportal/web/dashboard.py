"""The first page: what runs and costs for tenants, how full the cloud is for operators."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Sum

from accounting import selectors as accounting
from cloudportal.doors.web.base import Page
from cloudportal.infrastructure import selectors as infrastructure
from cloudportal.jobs.models.job import ACTIVE
from compute import selectors as compute
from compute.states import INSTANCE
from network import selectors as network
from storage import selectors as storage
from tenants import selectors as tenants

RECENT = 8
MOST_ALERTS = 5


class Dashboard(Page):
    template_name = "web/dashboard.html"
    parts = {"overview": "web/_overview.html", "capacity": "web/_capacity.html", "alerts": "web/_alerts.html"}

    def context(self, **extra: Any) -> dict[str, Any]:
        actor = self.actor
        context = {**self._tenant(), "recent": list(tenants.events(actor)[:RECENT])}
        if actor.is_operator:
            context |= self._operator()
        if actor.may("alerts.view"):
            context["alerts"] = list(infrastructure.alerts(actor).filter(state="Open")[:MOST_ALERTS])
            context["alert_counts"] = infrastructure.alerts_by_level(actor)
        return super().context(**context, **extra)

    def _tenant(self) -> dict[str, Any]:
        actor = self.actor
        counted = dict(compute.instances(actor).order_by().values_list("state").annotate(count=Count("id")))
        networks = network.networks(actor).order_by().count()
        keys = compute.ssh_keys(actor).order_by().exists()
        disks = storage.volumes(actor).order_by().aggregate(count=Count("id"), bytes=Sum("size_bytes", default=0))
        return {
            "states": [(state, counted[name]) for name, state in INSTANCE.states.items() if counted.get(name)],
            "running": counted.get("Running", 0),
            "instance_count": sum(counted.values()),
            "network_count": networks,
            "has_keys": keys,
            "disks": disks,
            "cost": accounting.month_cost(actor) if actor.may("accounting.view") else None,
            "latest": list(compute.instances(actor)[:5]),
        }

    def _operator(self) -> dict[str, Any]:
        actor = self.actor
        jobs = tenants.jobs(actor).order_by().values_list("state").annotate(count=Count("id"))
        counted = dict(jobs.filter(state__in=(*ACTIVE, "failed")))
        return {
            "capacity": [
                *infrastructure.capacity(actor),
                *storage.storage_capacity(actor),
                *network.address_capacity(actor),
            ],
            "hosts_by_state": infrastructure.hosts_by_state(actor),
            "active_jobs": sum(count for state, count in counted.items() if state != "failed"),
            "failed_jobs": counted.get("failed", 0),
        }
