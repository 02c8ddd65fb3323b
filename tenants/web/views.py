"""Pages of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.forms import ActionPage, FormPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import EventFilterSet
from tenants.models import ApiKey
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
    bar = ("level", "action", "resource_type")
