"""Signing in with a password, changing it, and losing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.db.models import F
from django.test import override_settings

from cloudportal.core.errors import InvalidInput
from cloudportal.core.models import Event
from tenants.actor import SYSTEM
from tenants.models import OutgoingMail, User
from tenants.services.sign_in_policies import change_sign_in_policy
from tenants.services.users import create_user
from tests import factories
from tests.factories import PASSWORD
from tests.signin.conftest import ELSEWHERE, HOME, Browser, Mails, actions, link_in, person, words

NEW = "another-horse-battery"


def test_a_name_or_an_address_opens(someone: User) -> None:
    for login in (someone.username, someone.email, someone.email.upper(), f" {someone.username} "):
        browser = Browser()
        assert browser.sign_in(login)["Location"] == "/"
        assert browser.is_in


def test_two_users_of_one_address_are_told_apart_by_their_passwords(db: None) -> None:
    first, second = person(email="pair@example.org"), person(email="Pair@example.org")
    second.set_password(NEW)
    second.save()

    browser = Browser()
    browser.sign_in("pair@example.org", NEW)

    assert browser.client.session["_auth_user_id"] == str(second.pk)
    assert first.pk != second.pk


def test_a_stranger_can_not_sign_up(db: None) -> None:
    for path in ("/sign-up/", "/signup/", "/accounts/signup/", "/accounts/login/"):
        assert Browser().get(path).status_code == 404


def test_who_is_disabled_is_told_no_more_than_a_wrong_password(someone: User) -> None:
    User.objects.filter(pk=someone.pk).update(is_active=False)

    answer = Browser().sign_in(someone)

    assert answer.status_code == 422
    assert "do not match" in words(answer)


def test_who_is_disabled_in_mid_session_is_out(someone: User) -> None:
    browser = Browser()
    browser.sign_in(someone)
    assert browser.is_in

    User.objects.filter(pk=someone.pk).update(is_active=False)

    assert browser.get("/")["Location"].startswith("/sign-in/")


def test_signing_in_and_out_is_written_down(someone: User) -> None:
    browser = Browser()
    browser.sign_in(someone)
    browser.sign_in(someone, "nonsense")
    Browser(ELSEWHERE).sign_in(someone, "nonsense")
    browser.post("/sign-out/")

    assert actions(someone)[-3:] == ["tenants.sign_in", "tenants.sign_in_failed", "tenants.sign_out"]
    came = Event.objects.get(action="tenants.sign_in")
    assert (came.details["address"], came.details["how"], came.actor_name) == (HOME, "password", someone.username)
    failed = Event.objects.get(action="tenants.sign_in_failed")
    assert (failed.details, failed.account_id) == ({"address": ELSEWHERE}, someone.account_id)


def test_what_was_typed_as_an_unknown_name_is_kept_nowhere(db: None) -> None:
    Browser().sign_in("my-password-in-the-wrong-box", "nonsense")

    failed = Event.objects.get(action="tenants.sign_in_failed")
    assert failed.account_id is None
    assert "my-password" not in f"{failed.message}{failed.details}{failed.resource_name}"


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.Argon2PasswordHasher"])
def test_passwords_are_hashed_with_argon2(db: None) -> None:
    user = factories.user()

    assert identify_hasher(user.password).algorithm == "argon2"
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "password12345"[:8], "0123456789012", "x" * 129])
def test_a_weak_password_is_refused_at_the_field(someone: User, password: str) -> None:
    browser = Browser()
    browser.sign_in(someone)

    form = {"oldpassword": PASSWORD, "password1": password, "password2": password}
    answer = browser.post("/profile/security/password/", form)

    assert answer.status_code == 422
    assert 'id="id_password1_error"' in words(answer)
    assert User.objects.get(pk=someone.pk).check_password(PASSWORD)


def test_a_domain_asks_for_longer_passwords_below_it(someone: User) -> None:
    change_sign_in_policy(SYSTEM, domain=someone.account.domain.parent, password_min_length=24)

    with pytest.raises(InvalidInput) as refused:
        create_user(SYSTEM, account=someone.account, username="new", password="a-password-of-22-signs")

    assert "at least 24" in refused.value.errors["password"][0]
    assert create_user(SYSTEM, account=someone.account, username="new", password="a-password-of-twenty-four")


def test_a_password_is_changed_and_the_other_browsers_are_out(someone: User, mails: Mails) -> None:
    browser, other = Browser(), Browser(ELSEWHERE)
    browser.sign_in(someone)
    other.sign_in(someone)
    mails()

    answer = browser.post("/profile/security/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert answer["Location"] == "/profile/security/"
    assert browser.is_in
    assert not other.is_in
    assert actions(someone)[-1] == "tenants.change_password"
    assert [message.subject for message in mails()] == ["CloudPortal: Your password was changed"]
    assert Browser().sign_in(someone, NEW).status_code == 302


def test_a_wrong_present_password_changes_nothing(someone: User) -> None:
    browser = Browser()
    browser.sign_in(someone)

    answer = browser.post(
        "/profile/security/password/", {"oldpassword": "nonsense", "password1": NEW, "password2": NEW}
    )

    assert "not your password" in words(answer)
    assert actions(someone)[-1] == "tenants.sign_in_failed"


def test_a_lost_password_is_set_anew_by_mail(someone: User, mails: Mails) -> None:
    signed_in = Browser()
    signed_in.sign_in(someone)
    mails()
    browser = Browser(ELSEWHERE)

    asked = browser.post("/password/reset/", {"email": someone.email.upper()}, follow=True)
    [message] = mails()
    form_page = browser.get(link_in(message), follow=True)
    done = browser.post(form_page.request["PATH_INFO"], {"password1": NEW, "password2": NEW}, follow=True)

    assert "Look into your mail" in words(asked)
    assert message.to == [someone.email]
    assert "Your password is set" in words(done)
    assert not signed_in.is_in
    assert not browser.is_in
    assert Browser().sign_in(someone, NEW).status_code == 302
    assert {"tenants.request_password_reset", "tenants.reset_password"} <= set(actions(someone))
    assert "does not work" in words(Browser().get(link_in(message), follow=True))


def test_asking_tells_nothing_about_who_is_here(someone: User, mails: Mails) -> None:
    known = Browser().post("/password/reset/", {"email": someone.email})
    unknown = Browser().post("/password/reset/", {"email": "nobody@example.org"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(mails()) == 1


def test_the_link_waits_encrypted_and_is_forgotten_when_sent(someone: User, mails: Mails) -> None:
    Browser().post("/password/reset/", {"email": someone.email})

    [stored] = OutgoingMail.objects.annotate(raw=F("body")).values_list("raw", flat=True)
    assert "/password/reset/" in stored  # read through the field, which decrypts
    assert OutgoingMail.objects.extra(where=["body LIKE %s"], params=["%/password/reset/%"]).count() == 0
    mails()
    assert not OutgoingMail.objects.exists()


def test_who_signs_in_elsewhere_has_no_password_to_reset(someone: User, mails: Mails) -> None:
    someone.set_unusable_password()
    someone.save()

    Browser().post("/password/reset/", {"email": someone.email})

    assert mails() == []


@pytest.mark.parametrize("path", ["/password/reset/zz-nonsense/", "/password/reset/1-set-password/"])
def test_a_broken_link_says_so(db: None, path: str) -> None:
    assert "does not work" in words(Browser().get(path))


def test_links_name_the_portal_that_the_settings_name(someone: User, mails: Mails, settings: Any) -> None:
    settings.PORTAL_URL = "https://portal.example.org"

    Browser().post("/password/reset/", {"email": someone.email})

    assert "https://portal.example.org/password/reset/" in mails()[0].body


def test_mail_that_asks_too_often_is_refused(someone: User) -> None:
    answers = [Browser().post("/password/reset/", {"email": someone.email}).status_code for _ in range(7)]

    assert answers[0] == 302
    assert answers[-1] == 429


def test_a_sign_in_from_somewhere_new_is_told_by_mail(someone: User, mails: Mails) -> None:
    Browser(HOME).sign_in(someone)
    assert mails() == []  # the first of all is no news

    Browser(HOME).sign_in(someone)
    assert mails() == []

    Browser(ELSEWHERE).sign_in(someone)
    [message] = mails()
    assert "new browser or address" in message.subject
    assert ELSEWHERE in message.body


@pytest.mark.parametrize("login", ["", " ", "\x00", "a" * 400, "‮", "'; drop table"])
def test_names_of_any_kind_are_answered(db: None, login: str) -> None:
    assert Browser().sign_in(login, "nonsense").status_code == 422
