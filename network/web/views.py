"""Pages of networks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import NAMED_NEWEST_FIRST
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, FormPage
from cloudportal.doors.web.limits import bars_for
from cloudportal.doors.web.lists import ListPage
from cloudportal.doors.web.sharing import sharing_of
from network import selectors
from network.filters import NetworkFilterSet
from network.models import Network
from network.services.networks import create_network, delete_network
from network.web.forms import NetworkForm
from network.web.topology import draw, show_holder
from tenants import selectors as tenants

MOST_PORTS = 200
RECENT = 10


class Networks(ListPage):
    template_name = "network/networks.html"
    parts = {"results": "network/_networks.html"}
    permission = "network.view"
    selector = selectors.networks
    filterset_class = NetworkFilterSet
    sorting = NAMED_NEWEST_FIRST
    bar = ("name", "state", "sharing", "zone", "account", "tag")


class NetworkPage(DetailPage):
    template_name = "network/network.html"
    parts = {"network": "network/_network.html", "row": "network/_network_row.html"}
    permission = "network.view"
    selector = selectors.networks
    noun = "network"
    list_route = "network:networks"

    def context(self, **extra: Any) -> dict[str, Any]:
        network: Network = self.thing
        addresses = list(selectors.public_addresses(self.actor).filter(network=network))
        ports = list(selectors.ports(self.actor, network)[:MOST_PORTS])
        sharing = sharing_of(self.actor, network)
        for port in ports:
            show_holder(self.actor, port)
        return super().context(
            addresses=addresses,
            ports=ports,
            topology=draw(network, addresses, ports, is_shared=sharing["is_shared"]),
            deletable="delete" in network.lifecycle.allowed(network.state)
            and self.actor.may("network.manage", network.account),
            jobs=list(tenants.jobs(self.actor).filter(resource_uuid=network.uuid)[:RECENT]),
            **sharing,
            **extra,
        )


class CreateNetwork(FormPage):
    template_name = "partials/form_page.html"
    form_class = NetworkForm
    permission = "network.manage"

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def context(self, **extra: Any) -> dict[str, Any]:
        form: NetworkForm = extra["form"]
        return super().context(
            bars=bars_for(form.made_for, networks=1, public_addresses=1),
            bars_of=form.made_for,
            heading=_("Create a network"),
            verb=_("Create network"),
            back=reverse("network:networks"),
            back_label=_("Networks"),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        job = create_network(self.actor, **values)
        words = _("%(name)s is being made.") % {"name": values["name"]}
        return done(self.request, words, url=reverse("network:network", args=[job.resource_uuid]), job=job, follow=True)


class DeleteNetwork(ActionPage):
    form_class = forms.Form
    permission = "network.view"
    leaves = True

    def network(self) -> Network:
        return one(selectors.networks(self.actor), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        network = self.network()
        return super().context(
            question=_("Delete the network %(name)s?") % {"name": network.name},
            consequences=[
                _("Its router and its public address are given back."),
                _("It is refused while instances are on it."),
            ],
            verb=_("Delete the network"),
            tone="danger",
            back=reverse("network:network", args=[network.uuid]),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        network = self.network()
        job = delete_network(self.actor, network=network)
        return _("%(name)s is being deleted.") % {"name": network.name}, job, reverse("network:networks")
