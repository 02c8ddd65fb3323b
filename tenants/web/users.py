"""Pages of users."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import Sorting
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import FormPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.actor import Actor
from tenants.filters import UserFilterSet
from tenants.models import User
from tenants.services import users as services
from tenants.services.lockouts import is_locked, unlock_user
from tenants.services.second_factors import reset_factors
from tenants.services.sessions import end_sessions
from tenants.standing import obstacle_of_user
from tenants.web.choosing import Pick, Source, with_domain
from tenants.web.creating import CreatePage
from tenants.web.dialogs import Dialog, Removal
from tenants.web.grants import grants_of, lines
from tenants.web.matrix import reasons
from tenants.web.within import within

BY_USER_NAME = Sorting("username", username="username", created_at="pk")


class Users(ListPage):
    template_name = "tenants/users.html"
    parts = {"results": "tenants/_users.html"}
    permission = "users.view"
    selector = selectors.users
    filterset_class = UserFilterSet
    sorting = BY_USER_NAME
    bar = ("username", "is_active")

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            may_create=self.actor.may("users.manage"), within=within(self.actor, self.params), **extra
        )


class UserPage(DetailPage):
    """Somebody's page; one's own is there for everybody."""

    template_name = "tenants/user.html"
    selector = selectors.users
    noun = "person"
    list_route = "tenants:users"

    def context(self, **extra: Any) -> dict[str, Any]:
        person: User = self.thing
        actor = self.actor
        granted = lines(actor, grants_of(actor, person).order_by("id"))
        return super().context(
            may_manage=actor.may("users.manage", person.account),
            is_oneself=person.pk == actor.user_id,
            obstacle=obstacle_of_user(person),
            is_locked=is_locked(person),
            shows_account=actor.may("tenancy.view", person.account),
            groups=list(selectors.groups(actor).filter(auth__user=person).order_by("name")),
            may_grant=actor.may("roles.manage"),
            granted=granted,
            reasons=reasons([line.grant for line in granted]),
            **extra,
        )


class UserForm(forms.Form):
    username = forms.CharField(
        max_length=150, label=gettext_lazy("User name"), widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("What they sign in with: letters, digits and @ . + - _"),
    )  # fmt: skip
    email = forms.EmailField(required=False, max_length=254, label=gettext_lazy("E-mail address"))
    first_name = forms.CharField(required=False, max_length=150, label=gettext_lazy("First name"))
    last_name = forms.CharField(required=False, max_length=150, label=gettext_lazy("Last name"))


def _password() -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(max_length=128, strip=False, label=_("Password"), widget=widget)


class NewUserForm(UserForm):
    def __init__(self, *args: Any, actor: Actor, chosen: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        accounts = Source(
            _("Accounts"), actor.accounts("users.manage").filter(project=None).order_by("name"), with_domain
        )
        self.fields["account"] = Pick(accounts, chosen=chosen, label=_("Account"))
        self.fields["password"] = _password()
        self.order_fields(["account", "username", "password"])


class CreateUser(CreatePage):
    form_class = NewUserForm
    permission = "users.manage"
    belongs_to = "account"
    of_domains = False
    heading = gettext_lazy("Create a user")
    verb = gettext_lazy("Create user")
    words = gettext_lazy("%(name)s can sign in, and do nothing yet: grant them a role.")
    route = "tenants:user"
    list_route = "tenants:users"
    list_label = gettext_lazy("Users")

    def make(self, values: dict[str, Any]) -> User:
        return services.create_user(self.actor, **values)


class EditUser(FormPage):
    template_name = "partials/form_page.html"
    form_class = UserForm

    @property
    def person(self) -> User:
        return one(selectors.users(self.actor), self.kwargs["uuid"])

    def form_options(self) -> dict[str, Any]:
        self.actor.require("users.manage", self.person.account, even_locked=True)
        return {}

    def initial(self) -> dict[str, Any]:
        person = self.person
        return {name: getattr(person, name) for name in UserForm.base_fields}

    def context(self, **extra: Any) -> dict[str, Any]:
        person = self.person
        return super().context(
            heading=_("Edit %(name)s") % {"name": person},
            verb=_("Save"),
            back=reverse("tenants:user", args=[person.uuid]),
            back_label=str(person),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        person = services.update_user(self.actor, user=self.person, **values)
        url = reverse("tenants:user", args=[person.uuid])
        return done(self.request, _("%(name)s saved.") % {"name": person}, url=url, follow=True)


class _OfUser(Dialog):
    selector = selectors.users
    route = "tenants:user"


class EnableUser(_OfUser):
    question = gettext_lazy("Enable %(name)s?")
    consequences = (gettext_lazy("They can sign in again, with the roles that they had."),)
    verb = gettext_lazy("Enable")
    words = gettext_lazy("%(name)s is enabled.")

    def do(self, values: dict[str, Any]) -> None:
        services.enable_user(self.actor, user=self.thing)


class DisableUser(_OfUser):
    question = gettext_lazy("Disable %(name)s?")
    consequences = (
        gettext_lazy("Their sessions, open pages and consoles end, and their keys are refused."),
        gettext_lazy("What they made belongs to the account and stays. Their roles wait for them."),
    )
    tone = "danger"
    verb = gettext_lazy("Disable")
    words = gettext_lazy("%(name)s is disabled.")

    def do(self, values: dict[str, Any]) -> None:
        services.disable_user(self.actor, user=self.thing)


class PasswordForm(forms.Form):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"] = _password()


class SetPassword(_OfUser):
    form_class = PasswordForm
    question = gettext_lazy("Another password for %(name)s?")
    consequences = (gettext_lazy("All their sessions end. API keys stay as they are."),)
    verb = gettext_lazy("Set password")
    words = gettext_lazy("The password of %(name)s is set.")

    def do(self, values: dict[str, Any]) -> None:
        services.set_password(self.actor, user=self.thing, **values)


class UnlockUser(_OfUser):
    question = gettext_lazy("Let %(name)s try to sign in again?")
    consequences = (gettext_lazy("Their failed attempts are forgotten. Their password stays as it is."),)
    verb = gettext_lazy("Unlock")
    words = gettext_lazy("%(name)s may try to sign in again.")

    def do(self, values: dict[str, Any]) -> None:
        unlock_user(self.actor, user=self.thing)


class SignOutUser(_OfUser):
    question = gettext_lazy("Sign %(name)s out everywhere?")
    consequences = (gettext_lazy("All their sessions in browsers end. API keys go on working."),)
    tone = "danger"
    verb = gettext_lazy("Sign out everywhere")
    words = gettext_lazy("%(name)s is signed out everywhere.")

    def do(self, values: dict[str, Any]) -> None:
        end_sessions(self.actor, user=self.thing)


class ResetFactors(_OfUser):
    question = gettext_lazy("Remove the second factors of %(name)s?")
    consequences = (
        gettext_lazy("For somebody who lost them: until they add one, their password alone lets them in."),
        gettext_lazy("All their sessions end."),
    )
    tone = "danger"
    verb = gettext_lazy("Remove second factors")
    words = gettext_lazy("The second factors of %(name)s are removed.")

    def do(self, values: dict[str, Any]) -> None:
        reset_factors(self.actor, user=self.thing)


class DeleteUser(Removal):
    selector = selectors.users
    route = "tenants:user"
    list_route = "tenants:users"
    question = gettext_lazy("Delete %(name)s?")
    consequences = (
        gettext_lazy("Their roles, keys and sessions go with them."),
        gettext_lazy("What they made belongs to the account and stays. Events keep their name."),
    )
    verb = gettext_lazy("Delete the user")
    words = gettext_lazy("%(name)s is deleted.")

    def do(self, values: dict[str, Any]) -> None:
        services.delete_user(self.actor, user=self.thing)
