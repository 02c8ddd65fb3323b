"""Sharing on pages: the card "Shared with", its dialogs, and giving up what others share."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from django import forms
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from cloudportal.core.errors import NotFound
from cloudportal.doors.lookup import one
from cloudportal.doors.web.forms import ActionPage
from tenants import selectors
from tenants.actor import Actor
from tenants.models import Account
from tenants.services import shares as services
from tenants.sharing import sees_by_share, sees_into
from tenants.web.choosing import MOST, NameInput

SHOWN = 50


def sharing_of(actor: Actor, thing: Any) -> dict[str, Any]:
    """What the card of a detail page shows: with whom the thing is shared, or who shares it."""
    manage = f"{thing._meta.app_label}.manage"
    rows = selectors.shares(actor, thing).select_related("account__domain").order_by("-pk")[: SHOWN + 1]
    shares = list(rows)
    return {
        "shares": shares[:SHOWN],
        "more_shares": len(shares) > SHOWN,
        "may_share": actor.may(manage, thing.account),
        "sees_shares": sees_into(actor, thing),
        "is_shared": sees_by_share(actor, thing),
        "may_leave": [share.account for share in shares if actor.may(manage, share.account)],
    }


class AccountField(forms.CharField):
    """Any account by its id, or one that the actor sees by its name."""

    widget = NameInput

    def __init__(self, actor: Actor, **options: Any) -> None:
        super().__init__(max_length=64, **options)
        self.actor = actor
        self.seen = actor.accounts("tenancy.view") if actor.may("tenancy.view") else Account.objects.none()
        self.widget.suggestions = self.seen.order_by("name").values_list("name", flat=True)[:MOST]

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            rows = selectors.any_account(self.actor).filter(uuid=UUID(text))
        except ValueError:
            rows = self.seen.filter(name=text)
        found = list(rows[:2])
        if not found:
            raise forms.ValidationError(_("There is no such account. Ask its people for the id on their profile page."))
        if len(found) > 1:
            raise forms.ValidationError(_("Several accounts are called that; give the id."))
        return found[0]


class ShareForm(forms.Form):
    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["account"] = AccountField(
            actor, label=_("Account"),
            help_text=_("Its id, which its people find on their profile page; or its name, if you see the account."),
        )  # fmt: skip


class _Sharing(ActionPage):
    """Something about one thing and one account. The route says how the thing is found, and the route of its page."""

    leaves = True
    selector: Any = None
    route = ""
    list_route = ""

    @cached_property
    def thing(self) -> Any:
        return one(self.selector(self.actor), self.kwargs["uuid"])

    @cached_property
    def account(self) -> Account:
        """The account that the address names, among those that the actor may know of."""
        uuid = self.request.GET.get("account", "")
        row = one(Account.objects.filter(pk__in=selectors.shares(self.actor, self.thing).values("account")), uuid)
        return Account.objects.select_related("domain").get(pk=row.pk)

    def page(self) -> str:
        return reverse(self.route, args=[self.thing.uuid])

    def names(self) -> dict[str, str]:
        return {"name": str(self.thing), "owner": str(self.thing.account)}


class ShareThing(_Sharing):
    form_class = ShareForm

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        # The thing comes first: who may not see it is not told what is wrong with a form.
        self.thing  # noqa: B018
        return ShareForm(data, actor=self.actor)

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Share %(name)s with another account") % self.names(),
            consequences=[
                _("Its people see it and use it. They cannot change, delete or pass it on."),
                _("You can take it back at any time: what they made with it goes on."),
            ],
            verb=_("Share"),
            back=self.page(),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        account = values["account"]
        services.share(self.actor, thing=self.thing, account=account)
        words = _("%(name)s is shared with %(account)s.") % {**self.names(), "account": account}
        return words, None, self.page()


class UnshareThing(_Sharing):
    """With whom, the address says: ``?account=``."""

    form_class = forms.Form

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Stop sharing %(name)s with %(account)s?") % {**self.names(), "account": self.account},
            consequences=[
                _("They see it no longer, and begin nothing new with it."),
                _("What they made with it goes on: instances keep their network cards."),
            ],
            verb=_("Stop sharing"),
            tone="danger",
            back=self.page(),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        account = self.account
        services.unshare(self.actor, thing=self.thing, account=account)
        words = _("%(name)s is no longer shared with %(account)s.") % {**self.names(), "account": account}
        return words, None, self.page()


class LeaveThing(_Sharing):
    """For which account, the address says: ``?account=``."""

    form_class = forms.Form

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Give up %(name)s, which %(owner)s shares with you?") % self.names(),
            consequences=[
                _("You see it no longer, unless it is shared again. What you made with it goes on."),
                _("It is given up for account %(account)s.") % {"account": self.account},
            ],
            verb=_("Give it up"),
            tone="danger",
            back=self.page(),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        account, words = self.account, _("%(name)s is given up.") % self.names()
        services.leave(self.actor, thing=self.thing, account=account)
        try:
            one(self.selector(self.actor), self.kwargs["uuid"])
        except NotFound:
            return words, None, reverse(self.list_route)
        return words, None, self.page()


def sharing_paths(prefix: str, selector: Any, route: str, list_route: str) -> list[URLPattern]:
    """The addresses of the dialogs about one noun."""
    options = {"selector": selector, "route": route, "list_route": list_route}
    name = route.split(":")[1]
    dialogs = {"share": ShareThing, "unshare": UnshareThing, "leave": LeaveThing}
    return [
        path(f"{prefix}/<uuid:uuid>/{verb}/", view.as_view(**options), name=f"{name}-{verb}")
        for verb, view in dialogs.items()
    ]
