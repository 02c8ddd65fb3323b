"""Pages of notifications: the bell, the list, and how one wants to be told."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import NotificationFilterSet
from tenants.models import Notification
from tenants.services.notifications import change_preference, mark_all_read, mark_read, preferences


class Notifications(ListPage):
    template_name = "tenants/notifications.html"
    parts = {"results": "tenants/_notifications.html"}
    selector = selectors.notifications
    filterset_class = NotificationFilterSet
    bar = ("kind", "state")


class Bell(Page):
    """How many are unread, for the top bar."""

    template_name = "tenants/_bell.html"

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if not self.wants_part:
            return redirect("tenants:notifications")
        return self.render(unread=selectors.unread(self.actor))


class OpenNotification(Page):
    """POST marks one read and leads to the page that says more; with `stay`, back to the list."""

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        one(selectors.notifications(self.actor), self.kwargs["uuid"])
        return redirect("tenants:notifications")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        found: Notification = one(selectors.notifications(self.actor), self.kwargs["uuid"])
        mark_read(self.actor, notification=found)
        return redirect(found.url if found.url and "stay" not in request.POST else "tenants:notifications")


class ReadAll(Page):
    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return redirect("tenants:notifications")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        mark_all_read(self.actor)
        return redirect("tenants:notifications")


class NotificationPreferences(Page):
    """A row for each kind with two boxes. What is not ticked in the form is not wanted."""

    template_name = "tenants/notification_preferences.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(preferences=preferences(self.actor), **extra)

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        pages, mails = request.POST.getlist("page"), request.POST.getlist("mail")
        for each in preferences(self.actor):
            name = each.kind.name
            change_preference(self.actor, kind=name, page=name in pages, mail=name in mails)
        messages.success(request, _("From now on you are told like that."))
        return redirect("tenants:notification-preferences")
