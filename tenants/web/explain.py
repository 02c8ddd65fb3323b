"""The page that explains: may this user do this to that, because of which grants, or what is in the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import NotFound
from cloudportal.doors.web.base import Page
from tenants import selectors
from tenants.actor import Actor
from tenants.explain import Because, Explanation, Shared, explain, thing_of
from tenants.models import Domain, User
from tenants.permissions import PERMISSIONS
from tenants.reach import Place
from tenants.sharing import noun_of
from tenants.web.choosing import Pick, Source, UserName, in_the_tree, with_domain
from tenants.web.grants import address_of


class Question(forms.Form):
    """Oneself and one's own account, unless something else is said."""

    permission = forms.ChoiceField(choices=list(PERMISSIONS.items()), label=gettext_lazy("May they"))
    object = forms.UUIDField(
        required=False, label=gettext_lazy("Or to one thing, by its id"),
        help_text=gettext_lazy("An instance, network, template or SSH key: its account is what counts."),
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.actor = actor
        self.fields["user"] = UserName(selectors.users(actor))
        self.fields["place"] = Pick(
            Source(_("Accounts"), selectors.reached_accounts(actor).order_by("name"), with_domain),
            Source(_("Domains"), selectors.reached_domains(actor).order_by("path"), in_the_tree(actor)),
            chosen=chosen, required=False, label=_("On"),
        )  # fmt: skip
        self.order_fields(["user", "permission", "place", "object"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        if values["object"]:
            try:
                values["thing"] = thing_of(self.actor, values["object"])
                values["place"] = values["thing"].account
            except NotFound:
                self.add_error("object", _("There is no such thing."))
        elif values["place"] is None:
            self.add_error("place", _("Choose where, or name a thing."))
        return values


@dataclass(frozen=True, slots=True)
class Step:
    """A box of the picture. `note` is what leads to it."""

    icon: str
    kind: str | Promise
    name: str
    url: str = ""
    note: str | Promise = ""


def chain_of_share(actor: Actor, found: Explanation, share: Shared) -> list[Step]:
    """How a share reaches from the user to the thing: as a grant does to the account that it is shared with."""
    on_account = replace(found, place=share.account)
    steps = chain(actor, on_account, share.grants[0]) if share.grants else [_person(found.user)]
    thing = Step("share", capfirst(noun_of(share.thing)), str(share.thing), note=_("with which is shared"))
    return [*steps, thing]


def chain(actor: Actor, found: Explanation, because: Because) -> list[Step]:
    """How a grant reaches from the user to the place: user, group, role, place of the grant, place asked about."""
    grant = because.grant
    steps = [_person(found.user)]
    if grant.group is not None:
        url = address_of(grant.group) if actor.may("users.view", grant.group.domain) else ""
        steps.append(Step("users", _("Group"), str(grant.group), url, _("is in")))
    role_url = reverse("tenants:role", args=[grant.role.uuid]) if actor.may("roles.view") else ""
    steps.append(Step("shield-check", _("Role"), str(grant.role), role_url, _("has")))
    steps.append(_place(actor, grant.place, _("on")))
    if because.inherited:
        steps.append(_place(actor, found.place, _("which is above")))
    return steps


def _person(user: User) -> Step:
    return Step("user", _("User"), str(user), address_of(user))


def _place(actor: Actor, place: Place, note: str) -> Step:
    is_domain = isinstance(place, Domain)
    url = address_of(place) if actor.may("tenancy.view", place) else ""
    kind, icon = (_("Domain"), "sitemap") if is_domain else (_("Account"), "building")
    return Step(icon, kind, str(place), url, note)


class Explain(Page):
    template_name = "tenants/explain.html"

    def get(self, request: Any, *_args: Any, **_kwargs: Any) -> HttpResponse:
        asked = request.GET.get("permission")
        chosen = request.GET.get("place") or self._own()
        initial = {"user": self.actor.name, "permission": "compute.manage"} | request.GET.dict()
        form = Question(request.GET if asked else None, actor=self.actor, chosen=chosen, initial=initial)
        if not asked:
            return self.render(form=form)
        if not form.is_valid():
            return self.render(form=form, status=422)
        values = form.cleaned_data
        try:
            found = explain(
                self.actor, user=values["user"], permission=values["permission"], on=values["place"],
                thing=values.get("thing"),
            )  # fmt: skip
        except NotFound:
            form.add_error(None, _("Who has which role there is not yours to see. You can always ask about yourself."))
            return self.render(form=form, status=422)
        return self.render(form=form, **self._answer(found))

    def _own(self) -> UUID | None:
        return selectors.own_account(self.actor).uuid if self.actor.account_id else None

    def _answer(self, found: Explanation) -> dict[str, Any]:
        return {
            "found": found,
            "words": PERMISSIONS[found.permission],
            "chains": [
                *(chain(self.actor, found, because) for because in found.grants),
                *(chain_of_share(self.actor, found, share) for share in found.shares),
            ],
        }
