"""Pages of one's own account."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from cloudportal.core.models import Event
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import EventFilterSet
from tenants.models import Account
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
    bar: ClassVar[tuple[str, ...]] = ("actor", "action", "outcome", "level", "since", "until")

    def context(self, **extra: Any) -> dict[str, Any]:
        sees_origins = selectors.sees_origins(self.actor)
        if sees_origins:
            self.bar = (*type(self).bar, "address", "key")  # type: ignore[misc]
        # What the address narrows the list to is what the file holds.
        chosen = [(name, value) for name, value in self.params.items() if name in EventFilterSet.base_filters]
        return super().context(
            may_export=self.actor.may("audit.export"), export=urlencode(chosen), sees_origins=sees_origins, **extra
        )


class EventPage(DetailPage):
    """One event, with what it changed."""

    template_name = "tenants/event.html"
    permission = "jobs.view"
    selector = selectors.events
    noun = "event"
    list_route = "tenants:events"

    def context(self, **extra: Any) -> dict[str, Any]:
        event: Event = self.thing
        return super().context(
            differences=differences(event),
            account=Account.objects.filter(pk=event.account_id).first() if event.account_id else None,
            sees_origins=selectors.sees_origins(self.actor),
            **extra,
        )


def differences(event: Event) -> list[dict[str, Any]]:
    """Field by field what was before and after; a field that is on one side alone was made or removed."""
    names = [*event.before, *(name for name in event.after if name not in event.before)]
    return [{"name": name, "before": event.before.get(name), "after": event.after.get(name)} for name in names]
