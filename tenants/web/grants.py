"""Granting and revoking, from the pages of places and of people."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.ordering import NEWEST_FIRST
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import GrantFilterSet
from tenants.models import Account, Domain, Grant, Group, Role, User
from tenants.permissions import BUILT_IN, effective
from tenants.reach import Place
from tenants.services.grants import grant_role, revoke_grant
from tenants.web.choosing import Pick, Source, UserName, in_the_tree, with_domain
from tenants.web.dialogs import Dialog, Removal

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A grant in a table: whether the actor may revoke it, and sees the page of its place."""

    grant: Grant
    revocable: bool
    sees_place: bool


def lines(actor: Actor, grants: QuerySet[Grant]) -> list[Line]:
    """The first grants of some."""
    return lines_of(actor, list(grants[:SHOWN]))


def lines_of(actor: Actor, grants: list[Grant]) -> list[Line]:
    return [
        Line(grant, actor.may("roles.manage", grant.place), actor.may("tenancy.view", grant.place)) for grant in grants
    ]


def grants_here(actor: Actor, place: Place) -> QuerySet[Grant]:
    """What is granted on a place itself."""
    here = Q(domain=place.pk) if isinstance(place, Domain) else Q(account=place.pk)
    return selectors.grants(actor).filter(here)


def grants_above(actor: Actor, place: Place) -> QuerySet[Grant]:
    """What is granted on domains above a place, or on a project's owner, and holds there too."""
    line = place.line[:-1] if isinstance(place, Domain) else place.domain.line
    return selectors.grants(actor).filter(Q(domain__in=line) | selectors.on_owner(place))


def grants_of(actor: Actor, user: User) -> QuerySet[Grant]:
    """What a user has, by themselves and by their groups."""
    return selectors.grants(actor).filter(Q(user=user.pk) | Q(group__in=user.groups.values("portal")))


class Grants(ListPage):
    template_name = "tenants/grants.html"
    parts = {"results": "tenants/_grants_list.html"}
    permission = "roles.view"
    selector = selectors.grants
    filterset_class = GrantFilterSet
    sorting = NEWEST_FIRST
    bar = ()

    def context(self, **extra: Any) -> dict[str, Any]:
        context = super().context(**extra)
        return {**context, "lines": lines_of(self.actor, context["rows"])}


def roles_for(actor: Actor, place: Place | None) -> QuerySet[Role]:
    """The roles that the actor could grant: all of them that it has itself, at a place if that is known already."""
    rows = selectors.roles(actor)
    at_root = place.is_root if isinstance(place, Domain) else False
    if place is None:
        at_root = actor.may_everywhere("roles.manage")
    else:
        home = place if isinstance(place, Domain) else place.domain
        rows = rows.filter(Q(domain=None) | Q(domain__in=home.line))
    if not at_root:
        rows = rows.exclude(code__in=[code for code, role in BUILT_IN.items() if role.only_root])
    beyond = [row.pk for row in rows if _is_beyond(actor, row, place, at_root=at_root)]
    return rows.exclude(pk__in=beyond)


def _is_beyond(actor: Actor, role: Role, place: Place | None, *, at_root: bool) -> bool:
    return any(not actor.may(name, place) for name in effective(role.permissions, at_root=at_root))


def role_words(rows: list[Any]) -> dict[int, str]:
    return {row.pk: f"{row} — {row.description}" if row.description else str(row) for row in rows}


class _RoleForm(forms.Form):
    def __init__(self, *args: Any, actor: Actor, place: Place | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["role"] = Pick(Source(_("Roles"), roles_for(actor, place), role_words), label=_("Role"))


class GrantHereForm(_RoleForm):
    """To whom, and which role."""

    def __init__(self, *args: Any, actor: Actor, place: Place, **options: Any) -> None:
        super().__init__(*args, actor=actor, place=place, **options)
        self.fields["user"] = UserName(selectors.users(actor), required=False, help_text=_("Or a group, below."))
        groups = Source(_("Groups"), selectors.groups(actor).order_by("name"), with_domain)
        self.fields["group"] = Pick(groups, required=False, empty=_("No group"), label=_("Group"))
        self.order_fields(["user", "group", "role"])


class GrantToForm(_RoleForm):
    """Which role, and on what."""

    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, actor=actor, **options)
        accounts = actor.accounts("roles.manage").order_by("name")
        domains = selectors.domains_with(actor, "roles.manage").order_by("path")
        self.fields["place"] = Pick(
            Source(_("Accounts"), accounts, with_domain),
            Source(_("Domains, with everything below"), domains, in_the_tree(actor)),
            chosen=chosen,
            label=_("On"),
        )


class _Grant(Dialog):
    verb = gettext_lazy("Grant the role")
    words = gettext_lazy("Granted. It counts from this moment on.")


class _GrantHere(_Grant):
    form_class = GrantHereForm
    question = gettext_lazy("Who gets a role on %(name)s?")

    def form_options(self) -> dict[str, Any]:
        return {**super().form_options(), "actor": self.actor, "place": self.thing}

    def do(self, values: dict[str, Any]) -> None:
        grant_role(self.actor, on=self.thing, **values)


class GrantOnDomain(_GrantHere):
    selector = selectors.domains
    route = "tenants:domain"
    lead = gettext_lazy("A role on a domain holds for everything below it.")


class GrantOnAccount(_GrantHere):
    selector = selectors.accounts
    route = "tenants:account"


class _GrantTo(_Grant):
    form_class = GrantToForm
    question = gettext_lazy("Which role does %(name)s get?")
    to: str

    def form_options(self) -> dict[str, Any]:
        return {**super().form_options(), "actor": self.actor, "chosen": self.usual()}

    @abstractmethod
    def usual(self) -> Any:
        """The place that is meant most of the time."""

    def do(self, values: dict[str, Any]) -> None:
        grant_role(self.actor, role=values["role"], on=values["place"], **{self.to: self.thing})


class GrantToUser(_GrantTo):
    selector = selectors.users
    route = "tenants:user"
    to = "user"

    def usual(self) -> Any:
        return self.thing.account.uuid


class GrantToGroup(_GrantTo):
    selector = selectors.groups
    route = "tenants:group"
    to = "group"

    def usual(self) -> Any:
        return self.thing.domain.uuid


class RevokeGrant(Removal):
    """Returns to the page on which the grant was listed."""

    selector = selectors.grants
    question = gettext_lazy("Revoke “%(name)s”?")
    consequences = (gettext_lazy("Whoever had it loses it at once, in open pages and consoles too."),)
    verb = gettext_lazy("Revoke")
    words = gettext_lazy("Revoked: %(name)s.")

    def page(self) -> str:
        return address_of(self.thing.grantee)

    def after(self) -> str:
        return self.here() or self.page()

    def do(self, values: dict[str, Any]) -> None:
        revoke_grant(self.actor, grant=self.thing)


def address_of(thing: User | Group | Domain | Account) -> str:
    """The page of somebody or of a place."""
    return reverse(f"tenants:{thing._meta.model_name}", args=[thing.uuid])
