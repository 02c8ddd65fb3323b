"""Pages of limits: one's own, and those of the accounts and domains below one."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.forms import FormPage
from cloudportal.doors.web.limits import bars
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import NOWHERE
from tenants.filters import AccountFilterSet
from tenants.limits.standing import Standing, makeable, of_account, of_domain
from tenants.models import Account, Domain
from tenants.resources import UNLIMITED
from tenants.services.limits import LARGEST, may_set_limits, set_account_limits, set_domain_limits

MOST_DOMAINS = 200


class MyLimits(Page):
    """What one's own account may have; for those who manage others, the way to theirs."""

    template_name = "tenants/limits.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        account = selectors.own_account(self.actor)
        paths = self.actor.reach.get("tenancy.view", NOWHERE).paths
        return super().context(
            owner=account,
            bars=bars(of_account(account)),
            edit=_edit_address(account) if may_set_limits(self.actor, account) else "",
            domains=list(selectors.domains(self.actor).filter(path__in=paths)[:MOST_DOMAINS]),
            **extra,
        )


class AccountLimits(Page):
    template_name = "tenants/limits.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        account = one(selectors.limited_accounts(self.actor), self.kwargs["uuid"])
        return super().context(
            owner=account,
            above=selectors.domains(self.actor).filter(accounts=account).first(),
            bars=bars(of_account(account)),
            edit=_edit_address(account) if may_set_limits(self.actor, account) else "",
            **extra,
        )


class DomainLimits(ListPage):
    """A domain with its subdomains, and the list of its accounts."""

    template_name = "tenants/domain_limits.html"
    parts = {"results": "tenants/_limits_accounts.html"}
    permission = "tenancy.view"
    selector = selectors.accounts
    filterset_class = AccountFilterSet
    sorting = BY_NAME

    @cached_property
    def domain(self) -> Domain:
        return one(selectors.domains(self.actor).select_related("parent"), self.kwargs["uuid"])

    def queryset(self) -> QuerySet[Account]:
        return super().queryset().filter(domain=self.domain)

    def context(self, **extra: Any) -> dict[str, Any]:
        domain = self.domain
        return super().context(
            owner=domain,
            above=selectors.domains(self.actor).filter(children=domain).first(),
            bars=bars(of_domain(domain)),
            edit=_edit_address(domain) if may_set_limits(self.actor, domain) else "",
            domains=list(selectors.domains(self.actor).filter(parent=domain).order_by("name")[:MOST_DOMAINS]),
            **extra,
        )


class LimitsForm(forms.Form):
    """A number for each resource that can be made."""

    def __init__(self, *args: Any, standings: list[Standing], is_account: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        for standing in makeable(standings):
            resource = standing.resource
            usual = _("default: %(number)s") % {"number": resource.number(standing.maximum)}
            unset = usual if is_account and standing.is_default and standing.maximum != UNLIMITED else _("unlimited")
            label = f"{resource.label} ({resource.unit})" if resource.unit else resource.label
            self.fields[resource.name] = forms.IntegerField(
                required=False, min_value=UNLIMITED, max_value=LARGEST, label=label,
                widget=forms.NumberInput(attrs={"placeholder": unset, "min": UNLIMITED}),
                help_text=_("%(used)s used") % {"used": resource.number(standing.used)},
            )  # fmt: skip
            if not standing.is_default:
                own = standing.maximum
                self.initial[resource.name] = own if own == UNLIMITED else own // resource.scale


class EditLimits(FormPage):
    """The form of one owner's limits; an empty field is no limit of its own."""

    template_name = "tenants/limits_form.html"
    form_class = LimitsForm
    is_account: ClassVar[bool]

    @property
    @abstractmethod
    def owner(self) -> Any: ...

    @abstractmethod
    def standings(self) -> list[Standing]: ...

    @abstractmethod
    def change(self, limits: dict[str, int | None]) -> list[Standing]: ...

    def initial(self) -> dict[str, Any]:
        return {}

    def form_options(self) -> dict[str, Any]:
        return {"standings": self.standings(), "is_account": self.is_account}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=_("Limits of %(owner)s") % {"owner": self.owner},
            verb=_("Save limits"),
            back=_address(self.owner),
            back_label=str(self.owner),
            is_account=self.is_account,
            may_change=may_set_limits(self.actor, self.owner),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        after = self.change(values)
        warnings = [standing.words() for standing in after if standing.is_exceeded]
        words = " ".join([_("The limits of %(owner)s are changed.") % {"owner": self.owner}, *warnings])
        return done(self.request, words, url=_address(self.owner), follow=True)


class EditAccountLimits(EditLimits):
    is_account = True

    @cached_property
    def owner(self) -> Account:
        return one(selectors.limited_accounts(self.actor), self.kwargs["uuid"])

    def standings(self) -> list[Standing]:
        return of_account(self.owner)

    def change(self, limits: dict[str, int | None]) -> list[Standing]:
        return set_account_limits(self.actor, account=self.owner, limits=limits)


class EditDomainLimits(EditLimits):
    is_account = False

    @cached_property
    def owner(self) -> Domain:
        return one(selectors.domains(self.actor), self.kwargs["uuid"])

    def standings(self) -> list[Standing]:
        return of_domain(self.owner)

    def change(self, limits: dict[str, int | None]) -> list[Standing]:
        return set_domain_limits(self.actor, domain=self.owner, limits=limits)


def _address(owner: Account | Domain) -> str:
    return reverse(f"tenants:{owner._meta.model_name}-limits", args=[owner.uuid])


def _edit_address(owner: Account | Domain) -> str:
    return reverse(f"tenants:{owner._meta.model_name}-limits-edit", args=[owner.uuid])
