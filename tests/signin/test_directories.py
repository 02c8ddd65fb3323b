"""Signing in with the password of an LDAP directory: Debian's slapd, as it is."""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount

from cloudportal.core.models import Event
from tenants.actor import SYSTEM, actor_of
from tenants.directory.base import DirectoryProblem
from tenants.models import Account, IdentityProvider, User
from tenants.services.directories import ask_directory
from tenants.services.domains import create_domain, suspend_domain
from tenants.services.identity_providers import create_identity_provider
from tests import factories
from tests.factories import PASSWORD
from tests.signin.conftest import Browser, Mails, actions, person, with_app, words
from tests.signin.slapd import BASE, READER, READER_PASSWORD, Slapd, directory

pytestmark = pytest.mark.usefixtures("loopback", "bindings")

MINE = "of-the-person"


def trust(slapd: Slapd, home: Account, **more: Any) -> IdentityProvider:
    values = {
        "kind": "ldap", "name": "Acme directory", "servers": [slapd.ldaps], "certificates": slapd.certificate,
        "bind_dn": READER, "bind_password": READER_PASSWORD, "user_base": f"ou=people,{BASE}",
        "user_filter": "(uid={name})", "group_base": f"ou=groups,{BASE}", "group_filter": "(member={dn})",
        "account": home,
    }  # fmt: skip
    return create_identity_provider(SYSTEM, domain=home.domain, **(values | more))


def enter(browser: Browser, account: Account, name: str = "alice", password: str = MINE) -> Any:
    return browser.post(f"/sign-in/at/{account.domain.uuid}/", {"login": name, "password": password})


def refused(account: Account, name: str = "alice", password: str = MINE) -> str:
    browser = Browser()
    answer = enter(browser, account, name, password)
    assert not browser.is_in
    return words(answer)


def test_somebody_new_joins_the_account_with_mapped_roles(slapd: Slapd, account: Account) -> None:
    trust(slapd, account, role_mapping=[{"group": "staff", "role": "member", "on": "account"}])
    browser = Browser()

    enter(browser, account)

    assert browser.is_in
    alice = User.objects.get(username="alice")
    assert (alice.account, alice.first_name, alice.last_name) == (account, "Alice", "Alice")
    assert not alice.has_usable_password()
    assert actor_of(alice).may("compute.manage", account)
    assert Event.objects.get(action="tenants.sign_in").details["how"] == "ldap"


def test_start_tls_is_as_good(slapd: Slapd, account: Account) -> None:
    trust(slapd, account, servers=[slapd.start_tls])
    browser = Browser()

    enter(browser, account)

    assert browser.is_in


def test_who_came_before_is_the_same_user_whatever_their_name_is_now(slapd: Slapd, account: Account) -> None:
    trust(slapd, account)
    enter(Browser(), account)
    slapd.rename("alice", "alicia")

    browser = Browser()
    enter(browser, account, "alicia")

    assert browser.is_in
    assert User.objects.filter(account=account).count() == 1


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("alice", "wrong"), ("nobody", MINE), ("*)(uid=*", MINE), ("*", MINE), ("ali*", MINE), ("alice)(uid=*", MINE),
        ("\\61lice", MINE), ("alice\\", MINE), ("(", MINE), ("é" * 100, MINE), (f"uid=alice,ou=people,{BASE}", MINE),
    ],
)  # fmt: skip
def test_name_and_password_must_match(slapd: Slapd, account: Account, name: str, password: str) -> None:
    trust(slapd, account)

    assert "do not match" in refused(account, name, password)

    assert not User.objects.filter(account=account).exists()


def test_an_empty_password_is_refused_before_any_server_is_asked(slapd: Slapd, account: Account) -> None:
    """A server that is down would be a problem, and one that is up would say yes to nobody (RFC 4513, 5.1.2)."""
    provider = trust(slapd, account)
    slapd.stop()

    assert ask_directory(provider, name="alice", password="") is None
    with pytest.raises(DirectoryProblem):
        ask_directory(provider, name="alice", password=" ")
    assert "at present" not in refused(account, "alice", "")


def test_a_user_of_ours_never_becomes_the_directorys_by_the_name(slapd: Slapd, account: Account) -> None:
    """Their password is judged here alone; the directory's person of that name is another."""
    trust(slapd, account)
    ours = person(of=account)
    User.objects.filter(pk=ours.pk).update(username="alice")

    assert "do not match" in refused(account, "alice", MINE)

    browser = Browser()
    enter(browser, account, "alice", PASSWORD)
    assert browser.client.session["_auth_user_id"] == str(ours.pk)
    assert not SocialAccount.objects.exists()


def test_a_stranger_of_the_same_name_is_in_nobodys_way(slapd: Slapd, account: Account) -> None:
    stranger = person()
    User.objects.filter(pk=stranger.pk).update(username="alice")
    trust(slapd, account)
    browser = Browser()

    enter(browser, account)

    assert browser.is_in
    assert User.objects.get(pk=browser.client.session["_auth_user_id"]).username == "alice-2"


def test_a_success_of_ones_own_directory_forgets_no_failures_at_others(slapd: Slapd, account: Account) -> None:
    victim = person()
    User.objects.filter(pk=victim.pk).update(username="alice")
    trust(slapd, account)
    for _ in range(4):
        Browser().sign_in("alice", "a guess")

    enter(Browser(), account)
    Browser().sign_in("alice", "the fifth guess")

    assert "Too many failed attempts" in words(Browser().sign_in("alice", PASSWORD))


def test_failures_are_counted_for_names_of_the_directory(slapd: Slapd, account: Account) -> None:
    trust(slapd, account)
    for _ in range(5):
        refused(account, "alice", "a guess")

    assert "Too many failed attempts" in refused(account)


def test_an_existing_user_is_found_by_an_address_that_counts_as_checked(slapd: Slapd, account: Account) -> None:
    ours = person(of=account, email="alice@acme.example")
    trust(slapd, account, account=None, trusts_emails=True)
    browser = Browser()

    enter(browser, account)

    assert browser.client.session["_auth_user_id"] == str(ours.pk)


def test_other_addresses_find_nobody(slapd: Slapd, account: Account) -> None:
    person(of=account, email="alice@acme.example")
    trust(slapd, account, account=None)

    assert "Nobody here has your address" in refused(account)


def test_the_general_page_and_other_domains_ask_no_directory(slapd: Slapd, account: Account) -> None:
    trust(slapd, account)
    elsewhere = factories.account()

    assert "do not match" in words(Browser().sign_in("alice", MINE))
    assert "do not match" in refused(elsewhere)


def test_a_directory_of_a_domain_serves_those_below_it(slapd: Slapd, account: Account) -> None:
    below = create_domain(SYSTEM, name="eu", parent=account.domain)
    trust(slapd, account)
    browser = Browser()

    browser.post(f"/sign-in/at/{below.uuid}/", {"login": "alice", "password": MINE})

    assert browser.is_in


def test_second_factors_disabled_users_and_suspended_domains_are_as_for_passwords(
    slapd: Slapd, account: Account
) -> None:
    trust(slapd, account)
    enter(Browser(), account)
    alice = User.objects.get(username="alice")
    with_app(alice)
    browser = Browser()
    assert enter(browser, account)["Location"] == "/sign-in/second-factor/"
    assert not browser.is_in

    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert enter(Browser(), account)["Location"] == "/sign-in/"

    User.objects.filter(pk=alice.pk).update(is_active=True)
    suspend_domain(SYSTEM, domain=account.domain)
    assert enter(Browser(), account)["Location"] == "/sign-in/"


def test_a_new_browser_is_told_by_mail(slapd: Slapd, account: Account, mails: Mails) -> None:
    trust(slapd, account, trusts_emails=True)
    enter(Browser(), account)
    mails()

    enter(Browser("192.0.2.9"), account)

    assert [message.to for message in mails()] == [["alice@acme.example"]]


def test_who_must_prove_it_again_is_led_to_the_page_that_can(slapd: Slapd, account: Account) -> None:
    trust(slapd, account)
    browser = Browser()
    enter(browser, account)
    session = browser.client.session
    session["account_authentication_methods"][0]["at"] -= 3600
    session.save()

    answer = browser.get("/profile/security/app/")

    assert answer["Location"] == f"/sign-in/at/{account.domain.uuid}/?next=/profile/security/app/"


# What is wrong with a server


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"bind_password": "wrong"}, "bind"),
        ({"user_base": "ou=nowhere,dc=acme,dc=example"}, "search"),
        ({"user_filter": "(uid={name}"}, "search"),
        ({"certificates": ""}, "encrypt"),
        ({"servers": ["ldaps://127.0.0.1:9"]}, "connect"),
        ({"group_base": "ou=nowhere,dc=acme,dc=example"}, "groups"),
        ({"attributes": {"id": "title"}}, "search"),
        ({"user_filter": "(|(uid={name})(objectClass=inetOrgPerson))"}, "search"),
    ],
    ids=str,
)
def test_who_signs_in_is_told_little_and_who_manages_it_where_it_fails(
    slapd: Slapd, account: Account, change: dict[str, Any], told: str
) -> None:
    slapd.person("bob")
    provider = trust(slapd, account)
    IdentityProvider.objects.filter(pk=provider.pk).update(
        **{name: value for name, value in change.items() if name != "bind_password"}
    )
    if "bind_password" in change:
        provider.bind_password = change["bind_password"]
        provider.save(update_fields=["bind_password"])

    page = refused(account)

    assert "at present. Try again later." in page, re.sub(r"<[^>]*>|\s+", " ", page)
    assert BASE not in page
    assert f"failed: {told}: " in Event.objects.get(action="tenants.sign_in_failed").message
    assert not User.objects.filter(account=account).exists()


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, account: Account) -> None:
    with directory(tmp_path, names=("elsewhere.example",)) as slapd:
        slapd.person("alice")
        trust(slapd, account)

        assert "at present" in refused(account)

    assert "failed: encrypt: " in Event.objects.get(action="tenants.sign_in_failed").message


def test_the_next_server_is_asked_where_one_is_down(slapd: Slapd, account: Account) -> None:
    trust(slapd, account, servers=["ldaps://127.0.0.1:9", slapd.start_tls])
    browser = Browser()

    enter(browser, account)

    assert browser.is_in


def test_a_server_that_refuses_to_encrypt_learns_no_password(account: Account) -> None:
    """It answers StartTLS with a refusal, and whatever comes then is written down."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list[bytes] = []

        def serve() -> None:
            link, _ = server.accept()
            with link:
                heard.append(link.recv(4096))
                link.sendall(bytes.fromhex("300c02010178070a010204000400"))
                heard.append(link.recv(4096))

        thread = threading.Thread(target=serve)
        thread.start()
        create_identity_provider(
            SYSTEM, domain=account.domain, kind="ldap", name="Plain", account=account, user_base=BASE,
            servers=[f"ldap://127.0.0.1:{server.getsockname()[1]}"], user_filter="(uid={name})",
        )  # fmt: skip

        refused(account)

        thread.join(20)
    assert b"1.3.6.1.4.1.1466.20037" in heard[0]
    assert heard[1] == b""


def test_a_server_that_says_nothing_is_not_waited_for_long(account: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        began = time.monotonic()
        provider = create_identity_provider(
            SYSTEM, domain=account.domain, kind="ldap", name="Silent", account=account, user_base=BASE,
            servers=[f"ldaps://127.0.0.1:{server.getsockname()[1]}"], user_filter="(uid={name})",
        )  # fmt: skip

        with pytest.raises(DirectoryProblem, match="encrypt"):
            ask_directory(provider, name="alice", password=MINE)

    assert time.monotonic() - began < 15


def test_asking_leaves_nothing_open(slapd: Slapd, account: Account) -> None:
    provider = trust(slapd, account)
    before = len(os.listdir("/proc/self/fd"))

    users = {ask_directory(provider, name="alice", password=MINE) for _ in range(5)}

    assert len(users) == 1
    assert len(os.listdir("/proc/self/fd")) == before
    assert "directory" not in {thread.name for thread in threading.enumerate()}


def test_a_directory_that_moved_inside_is_not_asked(slapd: Slapd, account: Account, settings: Any) -> None:
    trust(slapd, account)
    settings.IDENTITY_INTERNAL_NETWORKS = []

    assert "at present" in refused(account)

    assert "internal address" in Event.objects.get(action="tenants.sign_in_failed").message


def test_referrals_lead_nowhere(slapd: Slapd, account: Account) -> None:
    trust(slapd, account, user_base=BASE, group_base="")
    browser = Browser()

    enter(browser, account)

    assert browser.is_in


# Groups


def test_roles_go_with_the_group_and_those_given_by_hand_stay(slapd: Slapd, account: Account) -> None:
    slapd.group("bosses", "alice")
    mapping = [
        {"group": "staff", "role": "member", "on": "account"},
        {"group": "bosses", "role": "domain_admin", "on": "domain"},
    ]
    trust(slapd, account, role_mapping=mapping)
    enter(Browser(), account)
    alice = User.objects.get(username="alice")
    assert actor_of(alice).may("tenancy.manage", account.domain)

    slapd.remove_group("bosses")
    enter(Browser(), account)

    assert not actor_of(alice).may("tenancy.manage", account.domain)
    assert actor_of(alice).may("compute.manage", account)
    assert actions(alice).count("tenants.revoke_role") == 1
