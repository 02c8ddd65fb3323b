"""Pages of domains."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import PermissionDenied
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import NOWHERE, Actor
from tenants.filters import DomainFilterSet
from tenants.models import Domain
from tenants.services import domains as services
from tenants.states import DOMAIN
from tenants.web.choosing import Pick, Source, in_the_tree
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, NameForm, RemovalWithContents
from tenants.web.grants import grants_above, grants_here, lines

WHOLE_TREE = 500
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Branch:
    """A domain with those below it, by name."""

    domain: Domain
    branches: list[Branch] = field(default_factory=list)


def tree(rows: Iterable[Domain]) -> list[Branch]:
    """The branches whose parent is not among the rows, with all the others in them."""
    known = {row.pk: Branch(row) for row in sorted(rows, key=lambda row: row.name.lower())}
    tops: list[Branch] = []
    for branch in known.values():
        above = known.get(branch.domain.parent_id or 0)
        (tops if above is None else above.branches).append(branch)
    return tops


class Domains(ListPage):
    """The tree, and what was searched for as a list. Of a very large tree the tops and what is right below them."""

    template_name = "tenants/domains.html"
    parts = {"results": "tenants/_domains.html"}
    permission = "tenancy.view"
    selector = selectors.domains
    filterset_class = DomainFilterSet
    sorting = BY_NAME
    bar = ("name", "state")

    def context(self, **extra: Any) -> dict[str, Any]:
        context = super().context(**extra)
        context["may_create"] = self.actor.may_on_domains("tenancy.manage")
        if context["is_filtered"] or context["problem"]:
            trails = selectors.trails(self.actor, context["rows"])
            return {**context, "found": [(row, trails[row.pk]) for row in context["rows"]]}
        rows = list(self.queryset()[: WHOLE_TREE + 1])
        is_whole = len(rows) <= WHOLE_TREE
        return {**context, "branches": tree(rows if is_whole else self._tops()), "is_whole": is_whole}

    def _tops(self) -> QuerySet[Domain]:
        paths = self.actor.reach.get("tenancy.view", NOWHERE).paths
        return self.queryset().filter(Q(path__in=paths) | Q(parent__path__in=paths)).order_by("name")[:WHOLE_TREE]


class DomainPage(DetailPage):
    template_name = "tenants/domain.html"
    parts = {"domain": "tenants/_domain.html", "row": "tenants/_domain_row.html"}
    permission = "tenancy.view"
    selector = selectors.domains
    noun = "domain"
    list_route = "tenants:domains"

    def context(self, **extra: Any) -> dict[str, Any]:
        domain: Domain = self.thing
        actor = self.actor
        trail = selectors.trails(actor, [domain])[domain.pk]
        if self.part_template() == self.parts["row"]:
            return super().context(trail=trail, **extra)
        within = {"account__domain": domain}
        return super().context(
            trail=trail,
            may_manage=actor.may("tenancy.manage", domain),
            offered=_offered(actor, domain),
            children=list(selectors.domains(actor).filter(parent=domain).order_by("name")[:SHOWN]),
            accounts=list(selectors.accounts(actor).filter(domain=domain).order_by("name")[:SHOWN]),
            shows_people=actor.may("users.view", domain),
            may_manage_people=actor.may("users.manage", domain),
            users=list(selectors.users(actor).filter(**within).order_by("username")[:SHOWN]),
            groups=list(selectors.groups(actor).filter(domain=domain).order_by("name")[:SHOWN]),
            shows_roles=actor.may("roles.view", domain),
            may_grant=actor.may("roles.manage", domain),
            here=lines(actor, grants_here(actor, domain)),
            above=lines(actor, grants_above(actor, domain)),
            **extra,
        )


def _offered(actor: Actor, domain: Domain) -> list[str]:
    """What the actor may do with the domain as a whole, in its state."""
    if domain.parent is None or not actor.may("tenancy.manage", domain.parent):
        return []
    allowed = DOMAIN.allowed(domain.state)
    return [*allowed, "move"] if "delete" in allowed else list(allowed)


class DomainForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["parent"] = _domain_field(actor, "tenancy.manage", chosen=chosen, label=_("Below"))
        self.order_fields(["parent", "name"])


def _domain_field(actor: Actor, permission: str, **options: Any) -> Pick:
    rows = selectors.domains_with(actor, permission).order_by("path")
    return Pick(Source(_("Domains"), rows, in_the_tree(actor)), **options)


class CreateDomain(CreatePage):
    form_class = DomainForm
    permission = "tenancy.manage"
    belongs_to = "parent"
    heading = gettext_lazy("Create a domain")
    verb = gettext_lazy("Create domain")
    words = gettext_lazy("Domain %(name)s created.")
    route = "tenants:domain"
    list_route = "tenants:domains"
    list_label = gettext_lazy("Domains")

    def make(self, values: dict[str, Any]) -> Domain:
        return services.create_domain(self.actor, **values)


class _OfDomain(Dialog):
    selector = selectors.domains
    route = "tenants:domain"


class RenameDomain(_OfDomain):
    form_class = NameForm
    question = gettext_lazy("Rename the domain %(name)s?")
    verb = gettext_lazy("Rename")
    words = gettext_lazy("Domain %(name)s has another name now.")

    def initial(self) -> dict[str, Any]:
        return {"name": self.name}

    def do(self, values: dict[str, Any]) -> None:
        services.rename_domain(self.actor, domain=self.thing, **values)


class MoveForm(forms.Form):
    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["parent"] = _domain_field(actor, "tenancy.manage", label=_("New place, below"))


class MoveDomain(_OfDomain):
    form_class = MoveForm
    question = gettext_lazy("Move the domain %(name)s?")
    consequences = (
        gettext_lazy("Everything below it moves along: domains, accounts, users and what they run."),
        gettext_lazy("Whoever has a role above its present place has it there no more; those above the new place do."),
        gettext_lazy("Users leave the groups that they do not come under any more."),
    )
    verb = gettext_lazy("Move the domain")
    words = gettext_lazy("Domain %(name)s moved.")

    def form_options(self) -> dict[str, Any]:
        return {**super().form_options(), "actor": self.actor}

    def do(self, values: dict[str, Any]) -> None:
        services.move_domain(self.actor, domain=self.thing, **values)


class SuspendDomain(_OfDomain):
    question = gettext_lazy("Suspend the domain %(name)s?")
    consequences = (
        gettext_lazy("Nobody in it, or below it, can sign in or use a key. Open pages and consoles end."),
        gettext_lazy("What runs keeps running, and is metered."),
    )
    tone = "danger"
    verb = gettext_lazy("Suspend the domain")
    words = gettext_lazy("Domain %(name)s is suspended.")

    def do(self, values: dict[str, Any]) -> None:
        services.suspend_domain(self.actor, domain=self.thing)


class ActivateDomain(_OfDomain):
    question = gettext_lazy("Activate the domain %(name)s?")
    consequences = (gettext_lazy("Everybody in it can sign in again, unless they or their account are disabled."),)
    verb = gettext_lazy("Activate the domain")
    words = gettext_lazy("Domain %(name)s is active again.")

    def do(self, values: dict[str, Any]) -> None:
        services.activate_domain(self.actor, domain=self.thing)


class DeleteDomain(RemovalWithContents):
    selector = selectors.domains
    route = "tenants:domain"
    list_route = "tenants:domains"
    question = gettext_lazy("Delete the domain %(name)s?")
    consequences = (gettext_lazy("Usage and events keep its name. Nothing else can be brought back."),)
    verb = gettext_lazy("Delete the domain")
    words = gettext_lazy("Domain %(name)s is being deleted.")

    def contents(self) -> dict[str, int]:
        domain: Domain = self.thing
        if domain.parent is None or not self.actor.may("tenancy.manage", domain.parent):
            raise PermissionDenied(_("That is decided above domain %(name)s.") % {"name": domain})
        return services.inside_domain(domain)

    def inside(self, counted: str) -> str:
        return _("Everything in it is removed for good: %(counted)s.") % {"counted": counted}

    def nothing_inside(self) -> str:
        return _("Nothing is in it.")

    def do(self, values: dict[str, Any]) -> Any:
        return services.delete_domain(self.actor, domain=self.thing, confirm=values["typed_name"])
