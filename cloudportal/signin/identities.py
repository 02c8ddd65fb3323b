"""Signing in by a provider of one's domain: allauth's OpenID Connect, with apps of our table and stricter checks."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urljoin
from uuid import UUID

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views import View
from requests import RequestException

from cloudportal.core.errors import Refusal
from cloudportal.signin.guarded import GuardedSession
from cloudportal.signin.providers import enabled_provider, failure
from cloudportal.signin.tokens import BadToken, verified
from tenants.models import IdentityProvider
from tenants.models.identity_provider import Kind
from tenants.services.identities import Claims, admit, told

FOUND = 302


class Provider(OpenIDConnectProvider):
    """Takes nothing of what it asks for from the address that led to it."""

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        asked = super().get_redirect_from_request_kwargs(request)
        nonce = secrets.token_urlsafe(24)
        kept = {name: asked[name] for name in ("next_url",) if name in asked}
        return kept | {"process": AuthProcess.LOGIN, "auth_params": {"nonce": nonce}, "nonce": nonce}

    def get_oauth2_adapter(self, request: HttpRequest) -> Adapter:
        return Adapter(request, self.app.provider_id)


class Adapter(OpenIDConnectOAuth2Adapter):
    """Verifies what allauth leaves out: the document's issuer, the token's signature, and its nonce."""

    nonce = ""

    def __init__(self, request: HttpRequest, provider_id: str) -> None:
        super().__init__(request, provider_id)
        self.row = enabled_provider(provider_id, Kind.OPENID_CONNECT)

    def get_provider(self) -> Provider:
        app = SocialApp(
            provider=Provider.id,
            provider_id=str(self.row.uuid),
            name=self.row.name,
            client_id=self.row.client_id,
            secret=self.row.client_secret,
            settings={"server_url": self.row.issuer.rstrip("/")},
        )
        return Provider(self.request, app=app)

    @property
    def openid_config(self) -> dict[str, Any]:
        config: dict[str, Any] = super().openid_config
        # OpenID Connect Discovery 1.0, 4.3: a document that speaks for another issuer must not be used.
        if config.get("issuer") != self.row.issuer:
            raise OAuth2Error("The document is another issuer's.")
        return config

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:
        path = reverse("openid_connect_callback", args=[self.row.uuid])
        return urljoin(settings.PORTAL_URL, path) if settings.PORTAL_URL else request.build_absolute_uri(path)

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **options: Any) -> SocialLogin:
        id_token = options["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("There is no ID token.")
        keys = self._fetch(self.openid_config["jwks_uri"])
        try:
            claims = verified(id_token, keys, issuer=self.row.issuer, client_id=self.row.client_id, nonce=self.nonce)
        except BadToken as error:
            raise OAuth2Error(f"The ID token is {error}.") from error
        login = SocialLogin(account=SocialAccount(provider=str(self.row.uuid), uid=claims["sub"]))
        login.provider = self.get_provider()
        login.claims = claims_of(self.row, self._more(claims, token.token) | claims)
        login.row = self.row
        return login

    def _more(self, claims: dict[str, Any], access_token: str) -> dict[str, Any]:
        """What the provider tells beside the token; it must be about the same person (Core 1.0, 5.3.2)."""
        address = self.openid_config.get("userinfo_endpoint")
        if not address:
            return {}
        info = self._fetch(address, headers={"Authorization": f"Bearer {access_token}"})
        if info.get("sub") != claims["sub"]:
            raise OAuth2Error("The user's data are somebody else's.")
        return info

    def _fetch(self, address: str, **options: Any) -> dict[str, Any]:
        with GuardedSession() as session:
            answer = session.get(address, **options)
            answer.raise_for_status()
            found = answer.json()
        if not isinstance(found, dict):
            raise OAuth2Error("The provider does not answer as it should.")
        return found


class GoToProvider(View):
    """By POST alone: no link of a stranger's starts a sign-in."""

    http_method_names = ["post"]  # noqa: RUF012 - as Django declares it

    def post(self, request: HttpRequest, provider_id: UUID) -> HttpResponseBase:
        adapter = Adapter(request, str(provider_id))
        try:
            answer: HttpResponseBase = OAuth2LoginView.adapter_view(adapter)(request)
        except (RequestException, OAuth2Error, KeyError, TypeError, ValueError) as error:
            raise failure(request, adapter.row, error) from error
        if answer.status_code != FOUND:
            return answer
        # A redirection would be held up by the policy for forms, which lets them lead to ourselves alone.
        context = {"address": answer["Location"], "provider": adapter.row}
        return render(request, "signin/leaving.html", context)


class _Callback(OAuth2CallbackView):
    adapter: Adapter

    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        named = request.GET.get("iss")
        if state is not None and named is not None and named != self.adapter.row.issuer:
            # RFC 9207: the answer is another issuer's.
            raise OAuth2Error("The answer is another issuer's.")
        return state, answer


class ComeFromProvider(View):
    def get(self, request: HttpRequest, provider_id: UUID) -> HttpResponseBase:
        adapter = Adapter(request, str(provider_id))
        try:
            answer: HttpResponseBase = _Callback.adapter_view(adapter)(request)
        except (OAuth2Error, KeyError, TypeError, ValueError) as error:
            raise failure(request, adapter.row, error) from error
        return answer


class IdentityAdapter(DefaultSocialAccountAdapter):
    """Lets allauth neither look users up nor make them: a service of ours does, within the provider's domain."""

    def get_requests_session(self) -> GuardedSession:
        return GuardedSession()

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Nobody may list them; each is found by its id."""
        return []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        row: IdentityProvider = sociallogin.row
        try:
            sociallogin.user = admit(row, sociallogin.claims)
        except Refusal as refusal:
            raise failure(request, row, refusal, words=refusal.message) from refusal

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        row = enabled_provider(provider.app.provider_id, Kind.OPENID_CONNECT)
        raise failure(request, row, exception or str(error))


def claims_of(row: IdentityProvider, claims: dict[str, Any]) -> Claims:
    """The part of the claims of an ID token that we use."""
    said = claims.get("email_verified")
    facts = {
        "email": claims.get("email"),
        "username": claims.get("preferred_username"),
        "first_name": claims.get("given_name"),
        "last_name": claims.get("family_name"),
    }
    is_checked = None if "email_verified" not in claims else said is True
    return told(row, subject=claims["sub"], facts=facts, groups=claims.get(row.groups_claim), is_checked=is_checked)
