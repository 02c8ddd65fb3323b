"""Pages of instances."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cloudportal.core.errors import Refusal
from cloudportal.doors.middleware import live_origin
from cloudportal.doors.ordering import Sorting
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, TypedName
from cloudportal.doors.web.lists import ListPage
from cloudportal.doors.web.tags import tag_of
from compute import selectors
from compute.filters import InstanceFilterSet
from compute.models import Instance
from compute.services.consoles import open_console
from compute.web.actions import ACTIONS, Action, StopForm, offered
from compute.web.estimate import price
from network.selectors import networks
from storage.selectors import templates
from tenants import selectors as tenants
from tenants.services.tags import change_tags

RECENT = 30
MOST_AT_ONCE = 100
TABS = (
    ("overview", _("Overview")),
    ("console", _("Console")),
    ("disks", _("Disks")),
    ("network", _("Network")),
    ("jobs", _("Jobs")),
    ("events", _("Events")),
)


def instances_with_addresses(actor: Any) -> QuerySet[Instance]:
    return selectors.instances(actor).prefetch_related("nics__port", "nics__network")


class Instances(ListPage):
    template_name = "compute/instances.html"
    parts = {"results": "compute/_instances.html"}
    permission = "compute.view"
    selector = instances_with_addresses
    filterset_class = InstanceFilterSet
    sorting = Sorting("-created_at", created_at="pk", name="name", state="state")
    bar = ("name", "state", "zone", "account", "tag")

    def context(self, **extra: Any) -> dict[str, Any]:
        context = super().context(**extra)
        for instance in context["rows"]:
            instance.offered = offered(self.actor, instance)
        return context


class InstancePage(DetailPage):
    """The page of an instance, one tab at a time."""

    template_name = "compute/instance.html"
    parts = {"head": "compute/_instance_head.html", "row": "compute/_instance_row.html"}
    permission = "compute.view"
    selector = instances_with_addresses
    noun = "instance"
    list_route = "compute:instances"
    tab: ClassVar[str] = "overview"

    def part_template(self) -> str:
        if self.wants_part and self.request.htmx.target == "tab":  # type: ignore[attr-defined]
            return f"compute/_tab_{self.tab}.html"
        return super().part_template()

    def context(self, **extra: Any) -> dict[str, Any]:
        instance: Instance = self.thing
        instance.offered = offered(self.actor, instance)  # type: ignore[attr-defined]
        more = getattr(self, f"_{self.tab}")(instance)
        return super().context(tabs=TABS, tab=self.tab, tab_template=f"compute/_tab_{self.tab}.html", **more, **extra)

    def _overview(self, instance: Instance) -> dict[str, Any]:
        mine = tenants.jobs(self.actor).filter(resource_uuid=instance.uuid)
        return {
            "price": price(instance.offering, instance.template),
            "keys": self._openable(instance, list(instance.ssh_keys.all()), selectors.ssh_keys),
            "template_opens": bool(self._openable(instance, [instance.template], templates)[0].opens),
            "job": mine.first(),
        }

    def _console(self, instance: Instance) -> dict[str, Any]:
        return {"may_open": self.actor.may("compute.console", instance.account)}

    def _disks(self, instance: Instance) -> dict[str, Any]:
        return {"attachments": list(instance.attachments.select_related("volume__offering", "volume__template"))}

    def _network(self, instance: Instance) -> dict[str, Any]:
        nics = list(instance.nics.select_related("port", "network"))
        self._openable(instance, [nic.network for nic in nics], networks)
        return {"nics": nics}

    def _openable(self, instance: Instance, things: list[Any], selector: Any) -> list[Any]:
        """Marks what has a page for the actor: what was shared may be no longer, and the instance goes on with it."""
        free = {thing.pk for thing in things if thing.account_id == instance.account_id or _is_for_everybody(thing)}
        foreign = {thing.pk for thing in things} - free
        seen = selector(self.actor).order_by().filter(pk__in=foreign).values_list("pk", flat=True) if foreign else ()
        opens = free | set(seen)
        for thing in things:
            thing.opens = thing.pk in opens
        return things

    def _jobs(self, instance: Instance) -> dict[str, Any]:
        return {"jobs": list(tenants.jobs(self.actor).filter(resource_uuid=instance.uuid)[:RECENT])}

    def _events(self, instance: Instance) -> dict[str, Any]:
        return {"events": list(tenants.events(self.actor).filter(resource_uuid=instance.uuid)[:RECENT])}


def _is_for_everybody(thing: Any) -> bool:
    return getattr(thing, "is_public", False) and thing.removed_at is None


class InstanceAction(ActionPage):
    """One of the actions, named by the route."""

    action: Action = ACTIONS["start"]
    permission = "compute.view"

    @property
    def instance(self) -> Instance:
        return selectors.instance(self.actor, self.kwargs["uuid"])

    @property
    def leaves(self) -> bool:  # type: ignore[override]
        return self.action.typed

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        if self.action.typed:
            return TypedName(data, name=self.instance.name)
        return StopForm(data) if self.action.force else forms.Form(data)

    def context(self, **extra: Any) -> dict[str, Any]:
        instance, action = self.instance, self.action
        return super().context(
            question=(action.question or _("%(name)s: are you sure?")) % {"name": instance.name},
            consequences=action.consequences,
            verb=action.label,
            tone=action.tone,
            back=reverse("compute:instance", args=[instance.uuid]),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        instance, action = self.instance, self.action
        options = {"force": values["force"]} if action.force else {}
        made = action.service(self.actor, instance=instance, **options)
        job = made if hasattr(made, "resource_uuid") else None
        url = reverse("compute:instances") if self.leaves else reverse("compute:instance", args=[instance.uuid])
        return action.words % {"name": instance.name}, job, url


class Bulk(Page):
    """Start, stop or tag several at once, with a result for each."""

    template_name = "compute/bulk.html"
    parts = {"dialog-body": "compute/_bulk.html"}
    permission = "compute.view"

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return redirect("compute:instances")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        asked = request.POST.get("action", "")
        if asked in {"tag", "untag"}:
            return self._tagged(asked, request.POST.get("tag", ""))
        action = ACTIONS.get(asked)
        if action is None or action.name not in {"start", "stop"}:
            return self.render(status=422, results=[])

        def work(instance: Instance) -> dict[str, Any]:
            return {"job": action.service(self.actor, instance=instance)}

        return self._done(action.label, work)

    def _tagged(self, asked: str, text: str) -> HttpResponse:
        """The tag that was typed, written or taken away."""
        try:
            key, value = tag_of(text)
        except ValueError:
            return self.render(status=422, results=[], problem=_("Write the tag as key = value."))
        change: dict[str, Any] = {"set": {key: value}} if asked == "tag" else {"remove": [key]}
        words = _("tagged") if asked == "tag" else _("untagged")

        def work(instance: Instance) -> dict[str, Any]:
            change_tags(self.actor, thing=instance, **change)
            return {"words": words}

        return self._done(_("Tag") if asked == "tag" else _("Untag"), work)

    def _done(self, label: Any, work: Callable[[Instance], dict[str, Any]]) -> HttpResponse:
        uuids = self.request.POST.getlist("instance")[:MOST_AT_ONCE]
        return self.render(label=label, results=[self._one(work, uuid) for uuid in uuids])

    def _one(self, work: Callable[[Instance], dict[str, Any]], uuid: str) -> dict[str, Any]:
        try:
            instance = selectors.instance(self.actor, uuid)  # type: ignore[arg-type]
        except (Refusal, forms.ValidationError):
            return {"name": uuid, "refusal": "There is no such instance."}
        try:
            return {"name": instance.name, "instance": instance, **work(instance)}
        except Refusal as refusal:
            return {"name": instance.name, "instance": instance, "refusal": refusal.message}


class Screen(DetailPage):
    """The console on a page of its own. A token for it is made by POST: one for each connection."""

    template_name = "compute/screen.html"
    permission = "compute.console"
    selector = selectors.instances
    noun = "instance"
    list_route = "compute:instances"

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> JsonResponse:
        try:
            token = open_console(self.actor, instance=self.thing)
        except Refusal as refusal:
            return JsonResponse({"error": refusal.message}, status=refusal.status)
        origin = live_origin(request) or f"{request.scheme}://{request.get_host()}"
        answer = JsonResponse({"url": f"{origin.replace('http', 'ws', 1)}/live/console/{token}"})
        answer["Cache-Control"] = "no-store"
        return answer
