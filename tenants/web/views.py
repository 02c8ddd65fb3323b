"""Pages of one's own account."""

from __future__ import annotations

from typing import Any

from cloudportal.doors.web.base import Page
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import EventFilterSet
from tenants.permissions import PERMISSIONS


class Profile(Page):
    template_name = "tenants/profile.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        granted = [(name, words, self.actor.may(name)) for name, words in PERMISSIONS.items()]
        return super().context(granted=[row for row in granted if row[2]], **extra)


class Events(ListPage):
    template_name = "tenants/events.html"
    parts = {"results": "tenants/_events.html"}
    permission = "jobs.view"
    selector = selectors.events
    filterset_class = EventFilterSet
    bar = ("level", "action", "resource_type")
