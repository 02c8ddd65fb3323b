"""What allauth asks the portal about accounts: who may come in, how often, what is written down and what is mailed."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any, ClassVar
from urllib.parse import urljoin

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core import origin
from cloudportal.doors.addresses import client_address
from cloudportal.signin.directories import by_directory
from cloudportal.signin.locks import refuse_locked
from cloudportal.signin.requests import BEGAN, SEEN, address_of, browser_of, proved_lately, ways_in
from tenants import signing_in
from tenants.access import access_changed
from tenants.people import meant_by
from tenants.services import lockouts
from tenants.services.mails import send_mail
from tenants.services.signing_in import record_sign_in, record_sign_out

MISMATCH = gettext_lazy("User name and password do not match. Both mind capital letters.")
# Where the address of a client can't be known, as behind a socket without a proxy that names it.
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - not bound


class AccountAdapter(DefaultAccountAdapter):
    """Strangers can't sign up, and no answer tells whether a user exists."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": MISMATCH,
        "email_password_mismatch": MISMATCH,
        "incorrect_password": gettext_lazy("That is not your password."),
        "enter_current_password": gettext_lazy("That is not your password."),
        "incorrect_code": gettext_lazy("That code is not right, or it was used already."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Pages answer pages alone."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or NO_ADDRESS

    # Coming in

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The user of a name and password: of ours first, and at a domain's page then of its directories.

        Raises:
            ValidationError: there were too many failures, with when to try again; or a directory can't tell.
        """
        typed = credentials.get("username") or credentials.get("email") or ""
        user, address = meant_by(typed), address_of(request)
        attempt = lockouts.password_attempt(user, typed, address)
        refuse_locked(attempt)
        found = authenticate(request, **credentials)
        barred = AuthenticationBackend.unstash_authenticated_user()
        if found is not None:
            lockouts.succeeded(attempt)
            return found
        domain = getattr(request, "sign_in_domain", None)
        if domain is not None and barred is None:
            found = by_directory(request, domain, typed, credentials["password"])
        if found is None:
            lockouts.record_failure(user, _("wrong password"), address=address, attempt=attempt)
            return None
        lockouts.give_back(attempt)
        request.came_by = "ldap"  # type: ignore[attr-defined]
        return found

    def pre_login(self, request: HttpRequest, user: Any, **_options: Any) -> HttpResponse | None:
        return None if signing_in.may_sign_in(user) else self.respond_user_inactive(request, user)

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        clear_login(request)
        messages.error(request, _("You can't sign in at present. The administrator of your account knows why."))
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse:
        address, browser = address_of(request), browser_of(request)
        with transaction.atomic():
            response = super().post_login(request, user, **options)
            request.session.update({BEGAN: time.time(), SEEN: time.time()})
            # The session began with this request, which came without one.
            origin.amend(session=origin.session_mark(request.session.session_key))
            if record_sign_in(user, address=address, browser=browser, how=", ".join(ways_in(request))):
                self.send_notification_mail("account/email/new_browser", user)
        return response

    def logout(self, request: HttpRequest) -> None:
        user: Any = request.user
        with transaction.atomic():
            record_sign_out(user, address=address_of(request))
            UserSession.objects.filter(session_key=request.session.session_key).delete()
            access_changed(user)
            super().logout(request)

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        return not proved_lately(context.request) and super().is_reauthentication_required(app=app, **options)

    def set_password(self, user: Any, password: str) -> None:
        user.set_password(password)
        user.save(update_fields=["password"])

    # Mail

    def get_reset_password_from_key_url(self, key: str) -> str:
        url = super().get_reset_password_from_key_url(key)
        path = url.partition("://")[2].partition("/")[2]
        return urljoin(settings.PORTAL_URL, f"/{path}") if settings.PORTAL_URL else url

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """To the address that we know, not to the one that was typed."""
        self.send_mail("account/email/password_reset_key", user.email, context)

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        if not user.email:
            return
        facts = {
            "user": user,
            "timestamp": timezone.now().astimezone(dt.UTC),
            "ip": address_of(self.request),
            "user_agent": browser_of(self.request),
        }
        self.send_mail(template_prefix, user.email, facts | (context or {}))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        message = self.render_mail(template_prefix, email, {"request": self.request, "email": email} | context)
        send_mail(address=email, subject=message.subject, body=str(message.body))
