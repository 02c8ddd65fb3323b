"""Pages that change how somebody signs in: the change and its event are one transaction."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from cloudportal.signin.requests import address_of, proved_lately
from tenants.models import User
from tenants.services.signing_in import record_about


def note(request: HttpRequest, user: User, action: str, message: str, *, warning: bool = False, **details: Any) -> None:
    record_about(user, action, message, warning=warning, address=address_of(request), **details)


class Recorded:
    """A form whose success is an event."""

    request: HttpRequest
    action = ""
    words = ""

    def form_valid(self, form: Any) -> HttpResponse:
        user: Any = self.request.user
        with transaction.atomic():
            # Two changes of one user's factors at the same time would not see each other.
            User.objects.select_for_update().get(pk=user.pk)
            answer: HttpResponse = self.change(form)
            note(self.request, user, self.action, self.words.format(user=user))
        return answer

    def change(self, form: Any) -> HttpResponse:
        """What the page does."""
        answer: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        return answer


class Fresh:
    """A page for who proved in the last minutes who they are; others do it again first."""

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not proved_lately(request):
            methods = get_adapter().get_reauthentication_methods(request.user)
            if methods:
                return redirect_to_login(request.get_full_path(), methods[0]["url"])
            # Nothing here can prove it: whoever came by their organisation's provider comes by it again.
            page = reverse("signin:at", args=[request.user.account.domain.uuid])
            get_adapter().logout(request)
            return redirect_to_login(request.get_full_path(), page)
        answer: HttpResponseBase = super().dispatch(request, *args, **options)  # type: ignore[misc]
        return answer
