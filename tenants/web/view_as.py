"""Acting for a user: whom, for how long, and ending it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import Sorting
from cloudportal.doors.view_as import leave_view
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.forms import ActionPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.acting import PERMISSION, SESSION_KEY, minutes
from tenants.filters import UserFilterSet
from tenants.models import User
from tenants.services.view_as import start_view_as
from tenants.web.forms import ViewAsForm


class UsersToActFor(ListPage):
    """The users that the operator may act for. A page of an account leads here with `?account=`."""

    template_name = "tenants/view_as.html"
    parts = {"results": "tenants/_view_as.html"}
    permission = PERMISSION
    selector = selectors.users_to_act_for
    filterset_class = UserFilterSet
    sorting = Sorting("username", username="username")
    bar = ("username",)


class StartViewAs(ActionPage):
    form_class = ViewAsForm
    leaves = True
    permission = PERMISSION

    def user(self) -> User:
        return one(selectors.users_to_act_for(self.actor), self.kwargs["uuid"])

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        self.user()
        return super().get(*args, **kwargs)

    def context(self, **extra: Any) -> dict[str, Any]:
        user = self.user()
        return super().context(
            question=_("Act for “%(user)s” of %(account)s?") % {"user": user, "account": user.account},
            consequences=[
                _("You see and may do what they may, and never more than you may yourself."),
                _("Every change carries both names in the events, which they can read."),
                _("Their passwords, API keys and second factors stay out of reach."),
                _("It ends after %(minutes)s minutes, or when you end it or sign out.") % {"minutes": minutes()},
            ],
            verb=_("Act for this user"),
            tone="primary",
            back=reverse("tenants:view-as"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        user = self.user()
        view = start_view_as(self.actor, user=user, reason=values["reason"])
        self.request.session[SESSION_KEY] = str(view.uuid)
        return _("You act for %(user)s now.") % {"user": user}, None, reverse("web:dashboard")


class EndViewAs(Page):
    """By POST alone, from the banner."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        leave_view(request, "ended")
        messages.success(request, _("You act for yourself again."))
        return redirect("tenants:view-as" if self.own_pages() else "web:dashboard")

    def own_pages(self) -> bool:
        """Whether who comes back may act for others; a session without a view gets here too."""
        return self.request.view_as is not None  # type: ignore[attr-defined]
