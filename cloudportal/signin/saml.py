"""Signing in by a SAML provider of one's domain: leaving, coming back, and what the provider asks to know of us."""

from __future__ import annotations

import hashlib
import pkgutil
import re
import time
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from allauth.account.utils import get_next_redirect_url
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cloudportal.core.errors import NotFound
from cloudportal.signin.providers import enabled_provider, failure, let_in
from tenants.models import IdentityProvider
from tenants.models.identity_provider import Kind
from tenants.services.identities import Claims, told
from tenants.services.provider_kinds import missing_extra

# Of a session: the requests that were sent and not answered. So many windows may be open, for so long.
PENDING = "saml_requests"
MOST_PENDING, PENDING_SECONDS = 5, 900
LONGEST_MEMORY_SECONDS = 86_400
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


class GoToSaml(View):
    """By POST alone: no link of a stranger's starts a sign-in."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        row = enabled_provider(provider_id, Kind.SAML)
        identity, address = _judge(request, row).request_to(_party(request, row))
        pending = _pending(request)
        pending[identity] = {"provider": str(row.uuid), "at": time.time(), "next": get_next_redirect_url(request) or ""}
        request.session[PENDING] = dict(list(pending.items())[-MOST_PENDING:])
        return render(request, "signin/leaving.html", {"address": address, "provider": row})


@method_decorator(csrf_exempt, name="dispatch")
class ComeFromSaml(View):
    """Takes a response only for a request that this browser's session has sent, which is better than a token.

    Browsers come without the session's cookie, since another site sends them; then the page sends them here once more,
    and now it is ours.
    """

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        row = enabled_provider(provider_id, Kind.SAML)
        encoded = request.POST.get("SAMLResponse", "")
        judge = _judge(request, row)
        try:
            answered = judge.answers_to(encoded)
            sent = _pending(request).get(answered)
            if sent is None and "again" not in request.POST:
                return render(request, "signin/coming.html", {"response": encoded, "provider": row})
            if sent is None or sent["provider"] != str(row.uuid):
                raise judge.BadResponse("of another browser, or too late")
            _forget(request, answered)
            assertion = judge.verified(encoded, _party(request, row), answered)
            subject = _subject(row, assertion, judge)
            _take_once(row, assertion, judge)
        except judge.BadResponse as error:
            raise failure(request, row, f"The response is {error}") from error
        return let_in(request, row, _claims(row, subject, assertion.attributes), way=Kind.SAML, next_url=sent["next"])


class SamlMetadata(View):
    """For the provider; it holds nothing but addresses of ours."""

    def get(self, request: HttpRequest, provider_id: UUID) -> HttpResponse:
        row = enabled_provider(provider_id, Kind.SAML)
        if missing_extra(Kind.SAML):
            raise NotFound
        text = pkgutil.resolve_name("cloudportal.signin.assertions").metadata_of(_party(request, row))
        return HttpResponse(text, content_type="application/samlmetadata+xml")


def _claims(row: IdentityProvider, subject: str, attributes: dict[str, list[str]]) -> Claims:
    names = row.names
    facts = {fact: next(iter(attributes.get(name, [])), "") for fact, name in names.items()}
    return told(row, subject=subject, facts=facts, groups=attributes.get(names["groups"], []))


def _subject(row: IdentityProvider, assertion: Any, judge: Any) -> str:
    """By what somebody is known again: the attribute that the provider's row names, or else the NameID."""
    named = row.names["id"]
    if named:
        found: str = next(iter(assertion.attributes.get(named, [])), "")
    elif assertion.is_transient:
        raise judge.BadResponse("about somebody under a name for this once; say which attribute is their id")
    else:
        found = assertion.subject
    if not found:
        raise judge.BadResponse("about nobody")
    return found


def _take_once(row: IdentityProvider, assertion: Any, judge: Any) -> None:
    """The request is used up by now; this is the second lock, over all sessions and processes."""
    mark = hashlib.sha256(f"{row.uuid}:{assertion.id}".encode()).hexdigest()
    if not cache.add(f"saml:{mark}", True, timeout=min(assertion.lasts, LONGEST_MEMORY_SECONDS)):
        raise judge.BadResponse("one that came before")


def _judge(request: HttpRequest, row: IdentityProvider) -> Any:
    if extra := missing_extra(Kind.SAML):
        raise failure(request, row, f"The extra “{extra}” is not installed on this machine.")
    return pkgutil.resolve_name("cloudportal.signin.assertions")


def _party(request: HttpRequest, row: IdentityProvider) -> Any:
    return pkgutil.resolve_name("cloudportal.signin.assertions").Party(
        entity_id=_address(request, "saml_metadata", row),
        back=_address(request, "saml_back", row),
        issuer=row.issuer,
        sso_url=row.sso_url,
        certificates=tuple(_CERTIFICATE.findall(row.certificates)),
    )


def _address(request: HttpRequest, name: str, row: IdentityProvider) -> str:
    path = reverse(name, args=[row.uuid])
    return urljoin(settings.PORTAL_URL, path) if settings.PORTAL_URL else request.build_absolute_uri(path)


def _pending(request: HttpRequest) -> dict[str, Any]:
    """The session's requests that are not too old, oldest first."""
    found: dict[str, Any] = request.session.get(PENDING, {})
    return {key: sent for key, sent in found.items() if time.time() - sent["at"] < PENDING_SECONDS}


def _forget(request: HttpRequest, identity: str) -> None:
    request.session[PENDING] = {key: sent for key, sent in _pending(request).items() if key != identity}
