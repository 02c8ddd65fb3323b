"""Signing in by OpenID Connect: every lie of a provider is refused."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from cloudportal.core.models import Event
from tenants.models import Account, User
from tests.signin.conftest import Browser
from tests.signin.providers import CLIENT_ID, SECRET, Liar, Make, lying
from tests.signin.through import lie, said

pytestmark = pytest.mark.usefixtures("loopback")


def test_the_liar_is_believed_while_it_tells_the_truth(liar: Liar, account: Account, make: Make) -> None:
    """The control: the refusals below are not for another reason."""
    browser = Browser()

    lie(browser, liar, make(liar.issuer, account=account))

    assert browser.is_in
    assert "code_verifier" in liar.token_request


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"aud": [CLIENT_ID, "another-client"], "azp": "another-client"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(
    liar: Liar, account: Account, make: Make, claims: dict[str, Any]
) -> None:
    liar.claims = claims
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))

    assert not User.objects.filter(account=account).exists()
    assert Event.objects.filter(action="tenants.sign_in_failed", account_id=account.pk).count() == 1


@pytest.mark.parametrize("algorithm", ["HS256", "none", "RS256"])
def test_a_token_with_a_wrong_signature_is_refused(liar: Liar, account: Account, make: Make, algorithm: str) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    liar.key = {"HS256": SECRET, "none": None, "RS256": other}[algorithm]
    liar.algorithm = algorithm
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))


def test_a_document_of_another_issuer_is_refused(liar: Liar, account: Account, make: Make) -> None:
    provider = make(liar.issuer, account=account)
    liar.document = {"issuer": "https://evil.example"}
    browser = Browser()

    said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))


def test_data_about_somebody_else_are_refused(liar: Liar, account: Account, make: Make) -> None:
    liar.info = {"sub": "mallory", "email": "admin@acme.example"}
    browser = Browser()

    said(browser, lie(browser, liar, make(liar.issuer, account=account)))


@pytest.mark.parametrize("place", ["issuer", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_no_part_leads_into_our_own_networks(
    liar: Liar, account: Account, make: Make, settings: Any, place: str
) -> None:
    """The decoy stands for an internal service; only the liar's own address is allowed."""
    provider = make(liar.issuer, account=account)
    with lying() as decoy:
        liar.document = {} if place == "issuer" else {place: f"{decoy.issuer.replace('127.0.0.1', '127.0.0.2')}/x"}
        settings.IDENTITY_INTERNAL_NETWORKS = [] if place == "issuer" else ["127.0.0.1/32"]
        browser = Browser()

        if place == "issuer":
            said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))
            assert liar.asked == []
        else:
            said(browser, lie(browser, liar, provider))
        assert decoy.asked == []


def test_redirections_are_not_followed(liar: Liar, make: Make) -> None:
    provider = make(liar.issuer)
    with lying() as decoy:
        liar.redirect_to = f"{decoy.issuer}/.well-known/openid-configuration"
        browser = Browser()

        said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))

        assert decoy.asked == []


def test_a_provider_that_is_gone_is_said_so(make: Make) -> None:
    provider = make("http://127.0.0.1:9")
    browser = Browser()

    assert "did not sign you in" in said(browser, browser.post(f"/sign-in/with/{provider.uuid}/"))
