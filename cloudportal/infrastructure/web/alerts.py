"""Pages of alerts, for operators."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.alerts import KINDS
from cloudportal.core.errors import Refusal
from cloudportal.core.models import Alert
from cloudportal.core.states import ALERT
from cloudportal.doors.api.bodies import as_uuid
from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import Sorting
from cloudportal.doors.trail import note_refusal
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage
from cloudportal.doors.web.lists import ListPage
from cloudportal.infrastructure import selectors
from cloudportal.infrastructure.filters import AlertFilterSet
from cloudportal.infrastructure.services.alerts import LONGEST_NOTE, acknowledge_alert
from tenants import selectors as tenants

VIEW = "alerts.view"
MOST_AT_ONCE = 100
RECENT = 10


def can_acknowledge(alert: Alert) -> bool:
    return alert.state in ALERT.acknowledge.start


class Alerts(ListPage):
    template_name = "infrastructure/alerts.html"
    parts = {"results": "infrastructure/_alerts.html"}
    permission = VIEW
    selector = selectors.alerts
    filterset_class = AlertFilterSet
    sorting = Sorting("-opened_at", opened_at="pk", last_seen_at="last_seen_at")
    bar = ("kind", "level", "state", "zone")

    def context(self, **extra: Any) -> dict[str, Any]:
        context = super().context(may_manage=self.actor.may("alerts.manage"), **extra)
        for alert in context["rows"]:
            _describe(alert)
        return context


class AlertPage(DetailPage):
    template_name = "infrastructure/alert.html"
    parts = {"alert": "infrastructure/_alert.html"}
    permission = VIEW
    selector = selectors.alerts
    noun = "alert"
    list_route = "infrastructure:alerts"

    def context(self, **extra: Any) -> dict[str, Any]:
        alert: Alert = self.thing
        _describe(alert)
        return super().context(
            kind=KINDS.get(alert.kind),
            may_acknowledge=can_acknowledge(alert) and self.actor.may("alerts.manage"),
            events=list(tenants.events(self.actor).filter(resource_uuid=alert.uuid)[:RECENT]),
            **extra,
        )


def _describe(alert: Alert) -> None:
    """What the templates say of a kind."""
    kind = KINDS.get(alert.kind)
    alert.label = kind.label if kind else alert.kind  # type: ignore[attr-defined]
    alert.is_open = can_acknowledge(alert)  # type: ignore[attr-defined]


class NoteForm(forms.Form):
    note = forms.CharField(
        required=False, max_length=LONGEST_NOTE, label=gettext_lazy("Note"),
        help_text=gettext_lazy("What is being done about it, for those who see it next."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


class AcknowledgeAlert(ActionPage):
    form_class = NoteForm
    permission = VIEW

    @property
    def alert(self) -> Alert:
        return one(selectors.alerts(self.actor), self.kwargs["uuid"])

    def initial(self) -> dict[str, Any]:
        return {}

    def context(self, **extra: Any) -> dict[str, Any]:
        alert = self.alert
        kind = KINDS.get(alert.kind)
        consequences = (
            _("It stays until its condition ends, and then resolves itself."),
            _("It opens again if it grows worse."),
        )
        over = (_("It is resolved by that. When it happens again, a new alert opens."),)
        return super().context(
            question=_("Acknowledge this alert?"),
            lead=alert.message,
            consequences=consequences if kind and kind.lasts else over,
            verb=_("Acknowledge"),
            tone="primary",
            back=reverse("infrastructure:alert", args=[alert.uuid]),
            **extra,
        )

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        _found = self.alert
        return super().get(*args, **kwargs)

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        alert = acknowledge_alert(self.actor, alert=self.alert, note=values["note"])
        return _("It is acknowledged."), None, reverse("infrastructure:alert", args=[alert.uuid])


class AcknowledgeAlerts(Page):
    """Several at once, with a result for each."""

    template_name = "infrastructure/alerts_done.html"
    parts = {"dialog-body": "infrastructure/_alerts_done.html"}
    permission = VIEW

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return redirect("infrastructure:alerts")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        uuids = [as_uuid(text) for text in request.POST.getlist("alert")[:MOST_AT_ONCE]]
        alerts = selectors.alerts(self.actor).filter(uuid__in=[uuid for uuid in uuids if uuid]).order_by("-pk")
        return self.render(results=[self._one(alert, request.POST.get("note", "")) for alert in alerts])

    def _one(self, alert: Alert, note: str) -> dict[str, Any]:
        try:
            acknowledge_alert(self.actor, alert=alert, note=note)
        except Refusal as refusal:
            note_refusal(self.request, refusal)
            return {"alert": alert, "refusal": refusal.message}
        return {"alert": alert}


class AlertBadge(Page):
    """How many alerts are open, for the navigation."""

    template_name = "infrastructure/_alert_badge.html"
    permission = VIEW

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if not self.wants_part:
            return redirect("infrastructure:alerts")
        return self.render(counted=selectors.alerts_by_level(self.actor))
