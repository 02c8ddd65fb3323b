"""Signing in and out."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest


class SignInForm(AuthenticationForm):
    """Says no more than that the two do not match."""

    error_messages = {
        "invalid_login": "User name and password do not match. Both mind capital letters.",
        "inactive": "User name and password do not match. Both mind capital letters.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: object, **options: object) -> None:
        super().__init__(request, *args, **options)
        self.fields["username"].label = "User name"


class SignIn(LoginView):
    template_name = "web/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """By POST alone, so that no link can do it."""
