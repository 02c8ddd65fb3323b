"""Pages of accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import PermissionDenied
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import AccountFilterSet
from tenants.holdings import HOLDINGS
from tenants.models import Account, Project
from tenants.services import accounts as services
from tenants.states import ACCOUNT
from tenants.web.choosing import Pick, Source, in_the_tree
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, NameForm, RemovalWithContents
from tenants.web.grants import grants_above, grants_here, lines
from tenants.web.within import within

SHOWN = 25
# The lists that show an account's part of what is held; tenancy knows their names alone.
LISTS = {
    "instances": "compute:instances",
    "networks": "network:networks",
    "templates": "storage:templates",
    "SSH keys": "compute:ssh-keys",
    "projects": "tenants:projects",
}


@dataclass(frozen=True, slots=True)
class Held:
    """How many of a noun an account has, and where they are listed."""

    noun: str
    count: int
    url: str

    @property
    def words(self) -> str:
        return self.noun[:-1] if self.count == 1 else self.noun


def held(actor: Actor, account: Account) -> list[Held]:
    """What an account has of all that the actor may see of it."""
    found = []
    for holding in HOLDINGS:
        if actor.may(f"{holding.area}.view", account):
            route = LISTS.get(holding.noun)
            owner = "owner" if holding.noun == "projects" else "account"
            url = f"{reverse(route)}?{owner}={account.uuid}" if route else ""
            found.append(Held(holding.noun, holding.rows([account.pk]).count(), url))
    return found


class Accounts(ListPage):
    template_name = "tenants/accounts.html"
    parts = {"results": "tenants/_accounts.html"}
    permission = "tenancy.view"
    selector = selectors.accounts
    filterset_class = AccountFilterSet
    sorting = BY_NAME
    bar = ("name", "state")

    def queryset(self) -> QuerySet[Account]:
        return super().queryset().select_related("project__owner")

    def context(self, **extra: Any) -> dict[str, Any]:
        may_create = self.actor.may_on_domains("tenancy.manage")
        return super().context(may_create=may_create, within=within(self.actor, self.params), **extra)


class AccountPage(DetailPage):
    template_name = "tenants/account.html"
    parts = {"account": "tenants/_account.html", "row": "tenants/_account_row.html"}
    permission = "tenancy.view"
    selector = selectors.accounts
    noun = "account"
    list_route = "tenants:accounts"

    def context(self, **extra: Any) -> dict[str, Any]:
        account: Account = self.thing
        actor = self.actor
        if self.part_template() == self.parts["row"]:
            return super().context(**extra)
        trail = [*selectors.trails(actor, [account.domain])[account.domain_id], account.domain]
        seen = actor.may("tenancy.view", account.domain)
        return super().context(
            trail=trail if seen else [],
            project=selectors.projects(actor).filter(account=account).first(),
            may_manage=actor.may("tenancy.manage", account),
            offered=_offered(actor, account),
            held=held(actor, account),
            shows_usage=actor.may("accounting.view", account),
            shows_people=actor.may("users.view", account) and not Project.objects.filter(account=account).exists(),
            may_manage_people=actor.may("users.manage", account),
            users=list(selectors.users(actor).filter(account=account).order_by("username")[:SHOWN]),
            shows_roles=actor.may("roles.view", account),
            may_grant=actor.may("roles.manage", account),
            here=lines(actor, grants_here(actor, account)),
            above=lines(actor, grants_above(actor, account)),
            **extra,
        )


def _offered(actor: Actor, account: Account) -> tuple[str, ...]:
    """What the actor may do with the account as a whole, in its state."""
    return ACCOUNT.allowed(account.state) if actor.may("tenancy.manage", account.domain) else ()


class AccountForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        rows = selectors.domains_with(actor, "tenancy.manage").order_by("path")
        self.fields["domain"] = Pick(Source(_("Domains"), rows, in_the_tree(actor)), chosen=chosen, label=_("Domain"))
        self.order_fields(["domain", "name"])


class CreateAccount(CreatePage):
    form_class = AccountForm
    permission = "tenancy.manage"
    belongs_to = "domain"
    heading = gettext_lazy("Create an account")
    verb = gettext_lazy("Create account")
    words = gettext_lazy("Account %(name)s created. Add its first user.")
    route = "tenants:account"
    list_route = "tenants:accounts"
    list_label = gettext_lazy("Accounts")

    def make(self, values: dict[str, Any]) -> Account:
        return services.create_account(self.actor, **values)


class _OfAccount(Dialog):
    selector = selectors.accounts
    route = "tenants:account"


class RenameAccount(_OfAccount):
    form_class = NameForm
    question = gettext_lazy("Rename the account %(name)s?")
    verb = gettext_lazy("Rename")
    words = gettext_lazy("Account %(name)s has another name now.")

    def initial(self) -> dict[str, Any]:
        return {"name": self.name}

    def do(self, values: dict[str, Any]) -> None:
        services.rename_account(self.actor, account=self.thing, **values)


class LockAccount(_OfAccount):
    question = gettext_lazy("Lock the account %(name)s?")
    consequences = (
        gettext_lazy("Nothing of it can be created or changed. What runs keeps running, and is metered."),
        gettext_lazy("Its users can still sign in, and stop and delete what it has."),
    )
    tone = "danger"
    verb = gettext_lazy("Lock the account")
    words = gettext_lazy("Account %(name)s is locked.")

    def do(self, values: dict[str, Any]) -> None:
        services.lock_account(self.actor, account=self.thing)


class EnableAccount(_OfAccount):
    question = gettext_lazy("Enable the account %(name)s?")
    consequences = (gettext_lazy("It may do everything again. What was stopped stays stopped."),)
    verb = gettext_lazy("Enable the account")
    words = gettext_lazy("Account %(name)s is enabled.")

    def do(self, values: dict[str, Any]) -> None:
        services.enable_account(self.actor, account=self.thing)


class DisableAccount(_OfAccount):
    question = gettext_lazy("Disable the account %(name)s?")
    consequences = (
        gettext_lazy("Its users are kept out at once, and their keys are refused."),
        gettext_lazy("A job stops every instance that runs. Disks and addresses stay, and are metered."),
    )
    tone = "danger"
    verb = gettext_lazy("Disable the account")
    words = gettext_lazy("Account %(name)s is disabled; what runs is being stopped.")

    def do(self, values: dict[str, Any]) -> Any:
        return services.disable_account(self.actor, account=self.thing)


class DeleteAccount(RemovalWithContents):
    selector = selectors.accounts
    route = "tenants:account"
    list_route = "tenants:accounts"
    question = gettext_lazy("Delete the account %(name)s?")
    consequences = (gettext_lazy("Usage and events keep its name. Nothing else can be brought back."),)
    verb = gettext_lazy("Delete the account")
    words = gettext_lazy("Account %(name)s is being deleted.")

    def contents(self) -> dict[str, int]:
        account: Account = self.thing
        if not self.actor.may("tenancy.manage", account.domain):
            raise PermissionDenied(_("That is decided on domain %(name)s.") % {"name": account.domain})
        return services.inside_account(account)

    def inside(self, counted: str) -> str:
        return _("Everything that it has is removed for good: %(counted)s.") % {"counted": counted}

    def nothing_inside(self) -> str:
        return _("It has nothing.")

    def do(self, values: dict[str, Any]) -> Any:
        return services.delete_account(self.actor, account=self.thing, confirm=values["typed_name"])
