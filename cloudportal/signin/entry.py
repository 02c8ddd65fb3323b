"""Signing in and out, and passwords."""

from __future__ import annotations

from typing import Any

from allauth.account import views
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from cloudportal.signin.recording import note
from tenants.actor import actor_of
from tenants.services.lockouts import forget_failures
from tenants.services.sessions import end_sessions

UNPROCESSABLE = 422


class Refused:
    """A refused form answers with a status that says so."""

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        answer.status_code = UNPROCESSABLE
        return answer


class SignIn(Refused, views.LoginView):
    """The name and the password; a second factor is another page."""


class SignOut(views.LogoutView):
    """By POST alone, so that no link can do it."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it


class Reauthenticate(Refused, views.ReauthenticateView):
    pass


class ChangePassword(Refused, views.PasswordChangeView):
    """All other browsers are signed out."""

    success_url = reverse_lazy("mfa_index")

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Http404
        return super().dispatch(request, *args, **options)

    def get_default_success_url(self) -> str:
        return reverse("mfa_index")

    def form_valid(self, form: Any) -> HttpResponse:
        user: Any = self.request.user
        with transaction.atomic():
            former = self.request.session.session_key
            answer = super().form_valid(form)
            UserSession.objects.filter(session_key=former).delete()
            end_sessions(actor_of(user), user=user, but=self.request.session.session_key)
            note(self.request, user, "tenants.change_password", f"{user} changed their password.")
        return answer


class AskForReset(Refused, views.PasswordResetView):
    """Says the same whether the address is somebody's or not; the mail itself leaves later, by a job."""

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            answer = super().form_valid(form)
            if answer.status_code < 400:
                for user in form.users:
                    action, words = "tenants.request_password_reset", f"A new password for {user} was asked for."
                    note(self.request, user, action, words)
        return answer


@method_decorator(never_cache, name="dispatch")
class Reset(Refused, views.PasswordResetFromKeyView):
    """Signs the user out everywhere."""

    def form_valid(self, form: Any) -> HttpResponse:
        user: Any = self.reset_user
        with transaction.atomic():
            answer = super().form_valid(form)
            end_sessions(actor_of(user), user=user)
            # Whoever reads the user's mail is no guesser.
            forget_failures(user)
            note(self.request, user, "tenants.reset_password", f"{user} set a new password by mail.", warning=True)
        return answer
