"""For whom: the account or project that something is made for, or that a list is about.

It is asked of those alone who act for several. The first are offered; whatever else the address names is taken too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import NotFound
from tenants.actor import NOWHERE, Actor
from tenants.models import Account

MOST = 50
Choices = list[tuple[str, list[tuple[str, str]]]]


def accounts_to_choose(actor: Actor, permission: str) -> QuerySet[Account]:
    """The accounts and projects that the actor may act for, each with the name of a project's `owner_name`."""
    return actor.accounts(permission).annotate(owner_name=F("project__owner__name")).order_by("name")


def own_account(actor: Actor, permission: str) -> Account:
    """The actor's own account if the permission holds there, else the first where it does.

    Raises:
        NotFound: it holds nowhere.
    """
    accounts = accounts_to_choose(actor, permission)
    own = accounts.filter(pk=actor.account_id).first() if actor.account_id else None
    found = own or accounts.first()
    if found is None:
        raise NotFound
    return found


def acts_for_several(actor: Actor, permission: str) -> bool:
    """Whether it may be more than one account; asks the database nothing."""
    reach = actor.reach.get(permission, NOWHERE)
    return bool(reach.paths) or len(reach.accounts) > 1


def choices(accounts: QuerySet[Account], *always: Any) -> Choices:
    """The first accounts and then projects, as a list of choices has them; what is `always` there is among them."""
    ids = [uuid for uuid in map(_uuid, always) if uuid is not None]
    rows = {row.pk: row for row in (*accounts.filter(uuid__in=ids), *accounts[:MOST])}
    return _grouped(sorted(rows.values(), key=lambda row: row.name.lower()))


def _grouped(rows: Iterable[Any]) -> Choices:
    found: dict[str, list[tuple[str, str]]] = {_("Accounts"): [], _("Projects"): []}
    for row in rows:
        group = _("Accounts") if row.owner_name is None else _("Projects")
        note = row.domain.name if row.owner_name is None else row.owner_name
        found[group].append((str(row.uuid), f"{row.name} ({note})"))
    return [(label, offered) for label, offered in found.items() if offered]


class ForAccount(forms.Form):
    """A form that makes something. `made_for` is whom it is for: the chosen one, or one's own.

    The field is there for whoever may choose. `permission` is what making takes.
    """

    permission: ClassVar[str]

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        accounts = accounts_to_choose(actor, self.permission)
        named = _uuid(self.data.get("account") if self.is_bound else self.initial.get("account"))
        chosen = accounts.filter(uuid=named).first() if named else None
        self.made_for: Account = chosen or own_account(actor, self.permission)
        self.account_choices: Choices = []
        if acts_for_several(actor, self.permission):
            field = forms.ModelChoiceField(
                accounts, to_field_name="uuid", required=False, label=gettext_lazy("Account or project")
            )
            self.account_choices = choices(accounts, self.made_for.uuid)
            field.choices = self.account_choices
            self.fields["account"] = field
            self.initial["account"] = str(self.made_for.uuid)
            self.order_fields(["account"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if (
            self.data.get("account")
            and "account" not in self.fields
            and self.data["account"] != str(self.made_for.uuid)
        ):
            self.add_error(None, _("There is no such account or project."))
        return {**values, "account": values.get("account") or self.made_for}


def narrowed_to(actor: Actor, permission: str, chosen: Any) -> Choices:
    """The accounts that a list can be narrowed to; none for whoever sees things of one alone, or of all in the cloud.

    Of all, the first would be of no use: links from an account's page narrow lists as well.
    """
    if not acts_for_several(actor, permission) or actor.may_everywhere(permission):
        return []
    found = choices(accounts_to_choose(actor, permission), chosen)
    return found if sum(len(offered) for _label, offered in found) > 1 else []


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
