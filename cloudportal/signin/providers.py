"""What signing in by a provider has in common, whatever its kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from cloudportal.core import events
from cloudportal.core.errors import NotFound, Refusal
from cloudportal.core.models import Event
from cloudportal.signin.requests import address_of
from tenants.models import IdentityProvider
from tenants.models.identity_provider import Kind
from tenants.services.identities import Claims, admit
from tenants.services.lockouts import NOBODY, too_many_failures

logger = structlog.get_logger(__name__)


def enabled_provider(uuid: Any, kind: Kind) -> IdentityProvider:
    """A provider of a kind that signs people in at present.

    Raises:
        NotFound: there is none with that id.
    """
    rows = IdentityProvider.objects.filter(uuid=UUID(str(uuid)), kind=kind, is_enabled=True)
    row = rows.select_related("domain", "account__domain").first()
    if row is None:
        raise NotFound
    return row


def let_in(request: HttpRequest, row: IdentityProvider, claims: Claims, *, way: str, next_url: str) -> HttpResponse:
    """Sign in whom the provider vouches for; a second factor is asked for like after a password.

    Raises:
        ImmediateHttpResponse: leading back, where the provider must not sign them in.
    """
    try:
        user = admit(row, claims)
    except Refusal as refusal:
        raise failure(request, row, refusal, words=refusal.message) from refusal
    if request.user.is_authenticated:
        get_adapter().logout(request)
    record_authentication(request, user, method=way, provider=str(row.uuid))
    answer: HttpResponse = perform_login(request, Login(user=user, redirect_url=next_url or None))
    return answer


def failure(request: HttpRequest, row: IdentityProvider, why: Any, words: str = "") -> ImmediateHttpResponse:
    """Write the failure down, and lead back to where one chooses how to sign in."""
    note_failure(request, row, why)
    messages.error(request, words or _("%(provider)s did not sign you in. Try again.") % {"provider": row})
    answer: HttpResponse = redirect("signin:at", row.domain.uuid)
    return ImmediateHttpResponse(answer)


def note_failure(request: HttpRequest, row: IdentityProvider, why: Any) -> None:
    """For those who manage the provider; whoever signs in is told less."""
    address = address_of(request)
    if too_many_failures(address):
        logger.warning("a failed sign-in is not in the trail: there were too many", address=address)
        return
    events.record(
        NOBODY,
        "tenants.sign_in_failed",
        f"Sign-in by {row} failed: {str(why)[:300] or type(why).__name__}",
        account_id=row.account_id,
        level=Event.Level.WARNING,
        address=address,
        provider=str(row),
    )
