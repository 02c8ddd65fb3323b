"""Pages of one's own account."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.core.models import Event
from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, FormPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import EventFilterSet
from tenants.models import Account, ApiKey
from tenants.permissions import PERMISSIONS
from tenants.services.api_keys import create_api_key, delete_api_key
from tenants.web.forms import ApiKeyForm


class Profile(Page):
    template_name = "tenants/profile.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        granted = [(name, words, self.actor.may(name)) for name, words in PERMISSIONS.items()]
        return super().context(granted=[row for row in granted if row[2]], **extra)


class ApiKeys(FormPage):
    """The user's keys. A new key's text is in the answer to the form and nowhere else."""

    template_name = "tenants/api_keys.html"
    form_class = ApiKeyForm

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(keys=list(selectors.api_keys(self.actor)), **extra)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        key, text = create_api_key(self.actor, user=user, name=values["name"])
        answer = self.render(form=self.form_class(), created=key, text=text)
        answer["Cache-Control"] = "no-store"
        return answer


class DeleteApiKey(ActionPage):
    form_class = forms.Form
    leaves = True

    def key(self) -> ApiKey:
        return one(selectors.api_keys(self.actor), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        key = self.key()
        return super().context(
            question=_("Delete the key “%(key)s”?") % {"key": key},
            consequences=[_("Whatever uses it is refused from this moment on."), _("It can't be brought back.")],
            verb=_("Delete the key"),
            tone="danger",
            back=reverse("tenants:api-keys"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        key = self.key()
        delete_api_key(self.actor, key=key)
        return _("The key “%(key)s” is gone.") % {"key": key}, None, reverse("tenants:api-keys")


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
