"""Domains, accounts, and users with their roles, for operators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget

from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.doors.admin.base import actor_of as acting
from cloudportal.doors.admin.display import badge
from cloudportal.doors.admin.forms import ServiceForm
from tenants import selectors
from tenants.actor import Actor
from tenants.models import Account, Domain, Grant, User
from tenants.permissions import BUILT_IN
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.lockouts import unlock_user
from tenants.services.second_factors import reset_factors
from tenants.services.sessions import end_sessions
from tenants.services.users import create_user

ROLE_CHOICES = [("", _("No role")), *((code, role.name) for code, role in BUILT_IN.items())]


class DomainField(forms.ModelChoiceField):
    """Domains as the tree that they are."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{'— ' * (obj.path.count('/') - 2)}{obj.name}"


class AccountField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.domain} / {obj}"


class TenancyAdmin(PortalAdmin):
    """Read for all operators; written by those who manage the tenancy of the whole cloud."""

    manage_permission = "tenancy.manage"


@admin.register(Domain)
class DomainAdmin(TenancyAdmin):
    selector = selectors.domains
    create_service = create_domain
    places = {"parent": (selectors.domains, DomainField)}
    add_fieldsets = ((None, {"fields": ("parent", "name")}),)
    fieldsets = ((None, {"fields": ("parent", "name", "created_at")}),)
    list_display = ("tree", "parent", "state", "created_at")
    search_fields = ("name",)

    @display(description=_("Domain"), ordering="path")
    def tree(self, domain: Domain) -> str:
        return f"{'— ' * (domain.path.count('/') - 2)}{domain.name}"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("parent")


@admin.register(Account)
class AccountAdmin(TenancyAdmin):
    selector = selectors.accounts
    create_service = create_account
    places = {"domain": (selectors.domains, DomainField)}
    add_fieldsets = ((None, {"fields": ("domain", "name")}),)
    fieldsets = ((None, {"fields": ("domain", "name", "uuid", "created_at")}),)
    list_display = ("name", "domain", "state", "created_at")
    search_fields = ("name", "domain__name")


class UserForm(ServiceForm):
    """A new user, or a role for one that is there. A role is granted on a domain, or on an account."""

    password = forms.CharField(
        strip=False, widget=UnfoldAdminPasswordWidget({"autocomplete": "new-password"}), label=_("Password")
    )
    role = forms.ChoiceField(
        choices=ROLE_CHOICES, required=False, widget=UnfoldAdminSelectWidget, label=_("Role"),
        help_text=_("Granted beside the roles that the user has."),
    )  # fmt: skip
    on_domain = DomainField(
        Domain.objects.none(), required=False, empty_label=_("Select value"), widget=UnfoldAdminSelectWidget,
        label=_("On the domain"), help_text=_("With everything below it."),
    )  # fmt: skip
    on_account = AccountField(
        Account.objects.none(),
        required=False,
        empty_label=_("Select value"),
        widget=UnfoldAdminSelectWidget,
        label=_("Or on the account"),
    )

    actor: Actor

    class Meta:
        # Django's own are written for its own admin.
        help_texts = {"username": _("Letters, digits and @ . + - _"), "is_active": ""}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, selector in (("on_domain", selectors.domains), ("on_account", selectors.accounts)):
            if name in self.fields:
                self.fields[name].queryset = selector(self.actor)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        places = [name for name in ("on_domain", "on_account") if values.get(name)]
        if values.get("role") and len(places) != 1:
            raise ValidationError({"role": _("A role is granted on one domain or on one account.")})
        if places and not values.get("role"):
            raise ValidationError({"role": _("Which role?")})
        return values


def users(actor: Actor) -> QuerySet[User]:
    """Users of every account that an operator may see."""
    return User.objects.filter(actor.scope("users.view")).select_related("account__domain")


@admin.register(User)
class UserAdmin(TenancyAdmin):
    """Sign-in names and roles. API keys belong to their users alone."""

    selector = users
    create_service = create_user
    update_service = grant_role
    argument = "user"
    form = UserForm
    places = {"account": (selectors.accounts, AccountField)}
    fixed = ("username", "email", "account", "is_active", "last_login", "bindings")
    write_only = ("password", "role", "on_domain", "on_account")
    add_fieldsets = (
        (None, {"fields": ("account", ("username", "email"), "password")}),
        (_("First role"), {"fields": ("role", ("on_domain", "on_account"))}),
    )
    fieldsets = (
        (None, {"fields": ("account", ("username", "email"), ("is_active", "last_login"))}),
        (_("Roles"), {"fields": ("bindings",)}),
        (_("Grant a role"), {"fields": ("role", ("on_domain", "on_account"))}),
    )
    list_display = ("username", "account", "domain", "state", "last_login")
    list_filter = ("is_active",)
    search_fields = ("username", "account__name")
    actions = ("unlock", "sign_out", "reset_second_factors")

    @admin.action(description=_("Let them try to sign in again"), permissions=["manage"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        actor = acting(request)
        self.for_each(request, queryset, lambda user: unlock_user(actor, user=user), "May try again")

    @admin.action(description=_("Sign them out everywhere"), permissions=["manage"])
    def sign_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        actor = acting(request)
        self.for_each(request, queryset, lambda user: end_sessions(actor, user=user), "Signed out")

    @admin.action(description=_("Remove their second factors"), permissions=["manage"])
    def reset_second_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        actor = acting(request)
        self.for_each(request, queryset, lambda user: reset_factors(actor, user=user), "Second factors removed")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        form = super().get_form(request, obj, change=change, **options)
        form.actor = request.actor  # type: ignore[attr-defined]
        return form

    def create(self, actor: Actor, values: dict[str, Any], request: HttpRequest) -> Model:
        role = {name: values.pop(name) for name in ("role", "on_domain", "on_account")}
        user = create_user(actor, **values)
        return self.update(actor, user, role) if role["role"] else user

    def update(self, actor: Actor, row: Any, changes: dict[str, Any]) -> Model:
        grant_role(actor, user=row, role=changes["role"], on=changes.get("on_domain") or changes["on_account"])
        return row

    @display(description=_("Domain"), ordering="account__domain__name")
    def domain(self, user: User) -> str:
        return str(user.account.domain)

    @display(description=_("State"), ordering="is_active")
    def state(self, user: User) -> SafeString:
        return badge("Active" if user.is_active else "Disabled")

    @display(description=_("Has"))
    def bindings(self, user: User) -> SafeString | str:
        return format_html_join("", "<div>{} · {}</div>", bindings_of(user)) or "—"


def bindings_of(user: User) -> Iterator[tuple[str, str]]:
    """Role and place of all that was granted to a user, and through which group."""
    grants = Grant.objects.filter(Q(user=user.pk) | Q(group__in=user.groups.values("portal")))
    for grant in grants.select_related("role", "user", "group", "domain", "account__domain").order_by("id"):
        account = grant.account
        where = f"account {account.domain} / {account}" if account else f"domain {grant.domain}"
        yield str(grant.role), f"{where}, by group {grant.group}" if grant.group else where
