"""Signing in by SAML: every lie of a provider, or of somebody on the way, is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants

from cloudportal.core.models import Event
from tenants.actor import SYSTEM
from tenants.models import Account, IdentityProvider, User
from tenants.services.identity_providers import create_identity_provider
from tests.signin.certificates import certify
from tests.signin.conftest import Browser, words
from tests.signin.providers import lying
from tests.signin.saml_idp import Liar, encoded, request_in
from tests.signin.through import left_for, said

pytestmark = pytest.mark.usefixtures("loopback")

EVIL = "https://evil.example/"


@pytest.fixture
def saml_liar(tmp_path: Path) -> Liar:
    certify(tmp_path, ("idp.acme.example",))
    return Liar(tmp_path)


@pytest.fixture
def provider(saml_liar: Liar, account: Account) -> IdentityProvider:
    return trusted(saml_liar, account)


def trusted(liar: Liar, home: Account, **more: Any) -> IdentityProvider:
    values = {
        "kind": "saml", "name": "Liar", "issuer": liar.issuer, "sso_url": "http://127.0.0.1:9/sso",
        "certificates": (liar.place / "server.pem").read_text(), "account": home,
    }  # fmt: skip
    return create_identity_provider(SYSTEM, domain=home.domain, **(values | more))


def asked(browser: Browser, provider: IdentityProvider) -> dict[str, str]:
    return request_in(left_for(browser.post(f"/sign-in/with/{provider.uuid}/saml/")))


def come(browser: Browser, provider: IdentityProvider, text: str, **more: str) -> Any:
    path = f"/sign-in/with/{provider.uuid}/saml/back/"
    return browser.post(path, {"SAMLResponse": encoded(text), "again": "1"} | more)


def lie(browser: Browser, liar: Liar, provider: IdentityProvider) -> Any:
    request = asked(browser, provider)
    return come(browser, provider, liar.response(request["id"], request))


def refused(browser: Browser, answer: Any) -> str:
    """What the log says of it."""
    assert "did not sign you in" in said(browser, answer)
    assert not User.objects.filter(username__in=["alice", "mallory"]).exists()
    return Event.objects.filter(action="tenants.sign_in_failed").latest("pk").message


def test_the_liar_is_believed_while_it_tells_the_truth(saml_liar: Liar, provider: IdentityProvider) -> None:
    """The control: the refusals below are not for another reason."""
    browser = Browser()

    lie(browser, saml_liar, provider)

    assert browser.is_in


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": EVIL},
        {"signs": False},
        {"algorithm": Constants.RSA_SHA1},
        {"later": 3600},
        {"later": -3600},
        {"later": 90},
        {"later": -380},
        {"format": Constants.NAMEID_TRANSIENT},
        {"replaced": {"Destination": EVIL}},
        {"replaced": {"Destination": None}},
        {"replaced": {"audience": EVIL}},
        {"replaced": {"audience": None}},
        {"replaced": {"Recipient": EVIL}},
        {"replaced": {"Recipient": None}},
        {"replaced": {"InResponseTo": None}},
        {"replaced": {"InResponseTo": "_another"}},
        {"replaced": {"Response": None}},
        {"replaced": {"Response": "_another"}},
        {"replaced": {"NotOnOrAfter": None}},
        {"replaced": {"NotOnOrAfter": "2020-01-01T00:00:00Z"}},
        {"subject": ""},
        {"subject": "x" * 300},
    ],
    ids=str,
)
def test_a_response_with_something_wrong_is_refused(
    saml_liar: Liar, provider: IdentityProvider, change: dict[str, Any]
) -> None:
    for name, value in change.items():
        setattr(saml_liar, name, value)
    browser = Browser()

    answer = lie(browser, saml_liar, provider)

    assert answer.status_code == 302
    assert not browser.is_in
    assert not User.objects.filter(account=provider.account).exists()


@pytest.mark.parametrize("later", [-40, 40])
def test_clocks_may_differ_a_little(saml_liar: Liar, provider: IdentityProvider, later: int) -> None:
    saml_liar.later = later
    browser = Browser()

    lie(browser, saml_liar, provider)

    assert browser.is_in


def test_another_providers_key_is_refused(saml_liar: Liar, provider: IdentityProvider, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    certify(tmp_path / "other", ("idp.acme.example",))
    saml_liar.place = tmp_path / "other"
    browser = Browser()

    assert "ignature" in refused(browser, lie(browser, saml_liar, provider))


def test_one_providers_response_is_not_taken_by_another(
    saml_liar: Liar, provider: IdentityProvider, account: Account
) -> None:
    second = trusted(saml_liar, account, name="Second")
    browser = Browser()
    request = asked(browser, provider)

    answer = come(browser, second, saml_liar.response(request["id"], request))

    assert "another browser" in refused(browser, answer)


def test_a_response_to_another_browser_is_refused(saml_liar: Liar, provider: IdentityProvider) -> None:
    request = asked(Browser(), provider)
    victim = Browser()
    asked(victim, provider)

    assert "another browser" in refused(victim, come(victim, provider, saml_liar.response(request["id"], request)))


def test_a_response_to_nothing_is_refused(saml_liar: Liar, provider: IdentityProvider) -> None:
    browser = Browser()
    request = asked(Browser(), provider)
    saml_liar.replaced = {"Response": None, "InResponseTo": None}

    assert "another browser" in refused(browser, come(browser, provider, saml_liar.response("", request)))


def test_a_response_is_taken_once(saml_liar: Liar, provider: IdentityProvider) -> None:
    browser = Browser()
    request = asked(browser, provider)
    text = saml_liar.response(request["id"], request)
    come(browser, provider, text)
    browser.post("/sign-out/")

    assert "did not sign you in" in said(browser, come(browser, provider, text))


def test_an_assertion_that_came_before_is_refused_for_a_new_request_too(
    saml_liar: Liar, provider: IdentityProvider
) -> None:
    lie(Browser(), saml_liar, provider)
    browser = Browser()

    assert "did not sign you in" in said(browser, lie(browser, saml_liar, provider))

    message = Event.objects.filter(action="tenants.sign_in_failed").latest("pk").message
    assert "one that came before" in message


def test_a_request_that_waited_too_long_is_not_answered(
    saml_liar: Liar, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser()
    request = asked(browser, provider)
    session = browser.client.session
    session["saml_requests"] = {key: sent | {"at": sent["at"] - 1000} for key, sent in session["saml_requests"].items()}
    session.save()

    assert "too late" in refused(browser, come(browser, provider, saml_liar.response(request["id"], request)))


# Wrapping: a signed assertion is there, and another one is meant to be read.


def wrapped(way: str, liar: Liar, request: dict[str, str]) -> str:
    good = liar.assertion(request["id"], request)
    forged_by = Liar(liar.place, subject="mallory", signs=False, id="_forged", issuer=liar.issuer)
    bad = forged_by.assertion(request["id"], request)
    signature = re.search(r"<ds:Signature.*?</ds:Signature>", good, re.DOTALL)
    assert signature
    moved = bad.replace("</saml:Issuer>", f"</saml:Issuer>{signature[0]}", 1)
    nested = {
        "beside, forged first": bad + good,
        "beside, forged last": good + bad,
        "signature moved": moved,
        "signature moved, with the id": moved.replace('"_forged"', '"_assertion"'),
        "signed one inside the signature": moved.replace(
            "</ds:Signature>", f"<ds:Object>{good}</ds:Object></ds:Signature>"
        ),
        "signed one inside, same id": moved.replace('"_forged"', '"_assertion"').replace(
            "</ds:Signature>", f"<ds:Object>{good}</ds:Object></ds:Signature>"
        ),
        "in an extension": f"<samlp:Extensions>{good}</samlp:Extensions>{bad}",
        "in an advice": bad.replace(
            "<saml:AuthnStatement", f"<saml:Advice>{good}</saml:Advice><saml:AuthnStatement", 1
        ),
    }
    return liar.response(request["id"], request, nested[way])


@pytest.mark.parametrize(
    "way",
    [
        "beside, forged first",
        "beside, forged last",
        "signature moved",
        "signature moved, with the id",
        "signed one inside the signature",
        "signed one inside, same id",
        "in an extension",
        "in an advice",
    ],
)
def test_a_wrapped_assertion_is_refused(saml_liar: Liar, provider: IdentityProvider, way: str) -> None:
    browser = Browser()
    request = asked(browser, provider)

    refused(browser, come(browser, provider, wrapped(way, saml_liar, request)))


@pytest.mark.parametrize("way", ["a second reference", "another reference", "a key from elsewhere", "a program"])
def test_a_signature_leads_nowhere(saml_liar: Liar, provider: IdentityProvider, way: str) -> None:
    """The decoy stands for an internal service, which nobody may have the portal ask."""
    with lying() as decoy:
        elsewhere = f'URI="{decoy.issuer}/keys"'
        browser = Browser()
        request = asked(browser, provider)
        text = saml_liar.response(request["id"], request)
        one = re.search(r"<ds:Reference .*?</ds:Reference>", text, re.DOTALL)
        assert one
        other = one[0].replace('URI="#_assertion"', elsewhere)
        program = '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"/></ds:Transforms>'
        text = {
            "a second reference": text.replace(one[0], one[0] + other),
            "another reference": text.replace(one[0], other),
            "a key from elsewhere": text.replace("<ds:KeyInfo>", f"<ds:KeyInfo><ds:RetrievalMethod {elsewhere}/>"),
            "a program": text.replace("</ds:Transforms>", program),
        }[way]

        message = refused(browser, come(browser, provider, text))

        assert "signed" in message
        assert decoy.asked == []


def test_a_changed_assertion_is_refused(saml_liar: Liar, provider: IdentityProvider) -> None:
    browser = Browser()
    request = asked(browser, provider)
    text = saml_liar.response(request["id"], request)

    refused(browser, come(browser, provider, text.replace(">alice<", ">mallory<")))


def test_a_comment_splits_no_name(saml_liar: Liar, provider: IdentityProvider) -> None:
    """The signature does not cover comments; a name that is read to the first one only would be another's."""
    saml_liar.subject = "alice.evil"
    browser = Browser()
    request = asked(browser, provider)
    text = saml_liar.response(request["id"], request)

    come(browser, provider, text.replace(">alice.evil<", ">alice<!---->.evil<"))

    assert not User.objects.filter(username="alice").exists()
    assert {user.socialaccount_set.get().uid for user in User.objects.filter(account=provider.account)} <= {
        "alice.evil"
    }


# XML that does something


def test_a_signature_of_the_message_alone_is_not_enough(saml_liar: Liar, provider: IdentityProvider) -> None:
    browser = Browser()
    request = asked(browser, provider)
    saml_liar.signs = False
    text = saml_liar.signed(saml_liar.response(request["id"], request))

    refused(browser, come(browser, provider, text))


@pytest.mark.parametrize("kind", ["file", "parameter", "bomb", "doctype"])
def test_entities_are_never_resolved(saml_liar: Liar, provider: IdentityProvider, tmp_path: Path, kind: str) -> None:
    decoy = tmp_path / "decoy"
    decoy.write_text("a-secret-of-the-decoy")
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    inside, used = {
        "file": (f'[<!ENTITY x SYSTEM "file://{decoy}">]', "&x;"),
        "parameter": (f'[<!ENTITY % x SYSTEM "file://{decoy}"> %x;]', ""),
        "bomb": (f'[<!ENTITY l0 "lol">{lines}]', "&l11;"),
        "doctype": (f'SYSTEM "file://{decoy}"', ""),
    }[kind]
    browser = Browser()
    request = asked(browser, provider)
    text = saml_liar.response(request["id"], request).replace(">alice<", f">{used}<")

    message = refused(browser, come(browser, provider, f"<!DOCTYPE r {inside}>{text}"))

    assert "malformed" in message
    assert "a-secret" not in message


@pytest.mark.parametrize("response", ["", "nonsense", "<", "<a/>", "é", "PGE+", "A" * 400_000])
def test_nonsense_is_refused(provider: IdentityProvider, response: str) -> None:
    browser = Browser()
    asked(browser, provider)

    answer = browser.post(f"/sign-in/with/{provider.uuid}/saml/back/", {"SAMLResponse": response, "again": "1"})

    refused(browser, answer)


def test_nonsense_does_not_fill_the_trail(provider: IdentityProvider) -> None:
    for _ in range(15):
        Browser().post(f"/sign-in/with/{provider.uuid}/saml/back/", {"SAMLResponse": "nonsense", "again": "1"})

    assert Event.objects.filter(action="tenants.sign_in_failed").count() == 10


def test_a_link_alone_starts_nothing(provider: IdentityProvider) -> None:
    assert Browser().get(f"/sign-in/with/{provider.uuid}/saml/").status_code == 405
    assert Browser().get(f"/sign-in/with/{provider.uuid}/saml/back/?SAMLResponse=x").status_code == 405


def test_what_the_page_repeats_is_text(provider: IdentityProvider) -> None:
    page = Browser().post(
        f"/sign-in/with/{provider.uuid}/saml/back/", {"SAMLResponse": encoded('<a b="\'">"&gt;</a>') + '"><script>'}
    )

    assert "<script>" not in words(page)
