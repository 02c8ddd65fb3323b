"""Second factors: apps, recovery codes, and domains that demand one."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from cloudportal.core.errors import Conflict, NotFound, PermissionDenied
from cloudportal.live.sessions import listener_of
from tenants.actor import SYSTEM, actor_of
from tenants.models import User
from tenants.services.api_keys import create_api_key
from tenants.services.second_factors import reset_factors
from tenants.services.sign_in_policies import change_sign_in_policy
from tests import factories
from tests.factories import PASSWORD
from tests.signin.conftest import ELSEWHERE, Browser, Mails, actions, code_of, person, with_app, words

ADD_APP = "/profile/security/app/"


def demand(user: User, *, above: int = 0) -> None:
    """Have the user's domain, or one above it, demand a second factor."""
    domain = user.account.domain
    for _ in range(above):
        domain = domain.parent
    change_sign_in_policy(SYSTEM, domain=domain, mfa_required=True)


def secret_on(page: Any) -> str:
    found = re.search(r'<code class="mono">([A-Z2-7 ]+)</code>', words(page))
    assert found
    return found[1].replace(" ", "")


def give(browser: Browser, code: str) -> Any:
    return browser.post("/sign-in/second-factor/", {"code": code})


def recovery_codes(browser: Browser) -> list[str]:
    return re.findall(r"^\d{10}$", words(browser.get("/profile/security/codes/file/")), re.MULTILINE)


def test_an_app_is_added_and_asked_for(someone: User, mails: Mails, on_commit: Any) -> None:
    browser = Browser()
    browser.sign_in(someone)
    page = browser.get(ADD_APP)
    secret = secret_on(page)
    assert '<svg role="img"' in words(page)

    with on_commit(execute=True):
        added = browser.post(ADD_APP, {"code": code_of(secret)})

    assert added["Location"] == "/profile/security/codes/"
    assert len(recovery_codes(browser)) == 10
    assert "tenants.add_factor" in actions(someone)
    assert "CloudPortal: An authenticator app was added" in [message.subject for message in mails()]
    stored = Authenticator.objects.get(user=someone, type="totp").data["secret"]
    assert secret not in stored
    again = Browser(ELSEWHERE)
    assert again.sign_in(someone)["Location"] == "/sign-in/second-factor/"
    assert not again.is_in
    assert give(again, code_of(secret, 1))["Location"] == "/"
    assert again.is_in


def test_a_wrong_first_code_adds_nothing(someone: User) -> None:
    browser = Browser()
    browser.sign_in(someone)
    browser.get(ADD_APP)

    answer = browser.post(ADD_APP, {"code": "000000"})

    assert answer.status_code == 422
    assert 'id="id_code_error"' in words(answer)
    assert not Authenticator.objects.exists()


def test_a_code_opens_once(someone: User) -> None:
    secret = with_app(someone)
    first, second = Browser(), Browser(ELSEWHERE)
    code = code_of(secret)
    first.sign_in(someone)
    second.sign_in(someone)

    assert give(first, code).status_code == 302
    assert give(second, code).status_code == 422
    assert give(second, f"{code[:3]} {code[3:]}").status_code == 422
    assert give(second, code_of(secret, 1)).status_code == 302


@pytest.mark.parametrize("later", [-3, 3])
def test_a_code_of_another_time_is_refused(someone: User, later: int) -> None:
    secret = with_app(someone)
    browser = Browser()
    browser.sign_in(someone)

    assert give(browser, code_of(secret, later)).status_code == 422


def test_guessing_codes_is_locked_from_everywhere(someone: User, settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_FACTOR = 3
    secret = with_app(someone)
    for number in range(4):
        browser = Browser(f"192.0.2.{number + 10}")
        browser.sign_in(someone)
        give(browser, "000000")

    browser = Browser()
    browser.sign_in(someone)
    answer = give(browser, code_of(secret))

    assert answer.status_code == 422
    assert "Too many failed attempts" in words(answer)
    assert actions(someone).count("tenants.sign_in_failed") == 3
    assert "tenants.sign_in_locked" in actions(someone)


def test_half_signed_in_is_not_signed_in(someone: User, db: None) -> None:
    with_app(someone)
    browser = Browser()
    browser.sign_in(someone)

    for path in ("/", "/instances/", "/profile/security/", "/profile/sessions/", "/admin/"):
        assert browser.get(path)["Location"].startswith("/sign-in/"), path
    assert browser.get("/api/v1/me/").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_live_updates_are_for_who_owes_nothing(someone: User) -> None:
    browser, half = Browser(), Browser(ELSEWHERE)
    browser.sign_in(someone)
    key = browser.client.session.session_key
    assert listener_of(key) is not None

    demand(someone)
    assert listener_of(key) is None

    secret = with_app(someone)
    assert listener_of(key) is not None
    half.sign_in(someone)
    assert listener_of(half.client.session.session_key) is None
    give(half, code_of(secret))
    assert listener_of(half.client.session.session_key) is not None


def test_a_recovery_code_opens_once_and_is_told_by_mail(someone: User, mails: Mails) -> None:
    browser = Browser()
    browser.sign_in(someone)
    browser.post(ADD_APP, {"code": code_of(secret_on(browser.get(ADD_APP)))})
    code = recovery_codes(browser)[0]
    mails()
    other = Browser(ELSEWHERE)
    other.sign_in(someone)

    assert give(other, code).status_code == 302
    assert other.is_in
    assert "tenants.use_recovery_code" in actions(someone)
    [used] = [message for message in mails() if "recovery code" in message.subject]
    assert "9 are left" in used.body
    third = Browser("192.0.2.77")
    third.sign_in(someone)
    assert give(third, code).status_code == 422


def test_the_first_factor_signs_out_browsers_that_came_without(someone: User) -> None:
    browser, other = Browser(), Browser(ELSEWHERE)
    browser.sign_in(someone)
    other.sign_in(someone)

    browser.post(ADD_APP, {"code": code_of(secret_on(browser.get(ADD_APP)))})

    assert browser.is_in
    assert not other.is_in


@pytest.mark.parametrize("path", ["app/", "app/remove/", "keys/add/", "codes/", "codes/new/", "codes/file/"])
def test_an_old_proof_is_asked_for_again(someone: User, path: str) -> None:
    with_app(someone)
    Authenticator.objects.create(user=someone, type="recovery_codes", data={"seed": "x", "used_mask": 0})
    browser = Browser()
    browser.client.force_login(someone)

    led = browser.get(f"/profile/security/{path}")

    assert led["Location"] == f"/sign-in/again/?next=/profile/security/{path}"
    wrong = browser.post(led["Location"], {"password": "nonsense"})
    assert wrong.status_code == 422
    assert "not your password" in words(wrong)


def test_a_fresh_proof_leads_back(someone: User) -> None:
    browser = Browser()
    browser.client.force_login(someone)

    led = browser.get(ADD_APP)["Location"]

    assert browser.post(led, {"password": PASSWORD})["Location"] == ADD_APP
    assert browser.get(ADD_APP).status_code == 200


def test_an_app_is_removed_with_the_recovery_codes(someone: User, mails: Mails) -> None:
    browser = Browser()
    browser.sign_in(someone)
    browser.post(ADD_APP, {"code": code_of(secret_on(browser.get(ADD_APP)))})

    assert browser.post("/profile/security/app/remove/").status_code == 302

    assert not Authenticator.objects.filter(user=someone).exists()
    assert "tenants.remove_factor" in actions(someone)
    assert any("removed" in message.subject for message in mails())


@pytest.mark.parametrize("above", [0, 1])
def test_who_owes_a_factor_can_do_nothing_else(someone: User, above: int) -> None:
    browser = Browser()
    browser.sign_in(someone)
    assert browser.is_in

    demand(someone, above=above)

    for path in ("/", "/instances/", "/profile/", "/api-keys/", "/profile/sessions/", "/profile/security/password/"):
        assert browser.get(path)["Location"] == "/profile/security/", path
        part = browser.get(path, headers={"HX-Request": "true", "HX-Target": "results"})
        assert part["HX-Redirect"] == "/profile/security/"
    assert browser.post("/api-keys/", {"name": "way-round"})["Location"] == "/profile/security/"
    answer = browser.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (403, "second-factor-owed")
    setting_up = words(browser.get("/profile/security/"))
    assert "One more step" in setting_up
    assert 'name="live"' not in setting_up
    assert 'href="/instances/"' not in setting_up


def test_who_owed_a_factor_goes_on_after_setting_one_up(someone: User) -> None:
    demand(someone)
    browser = Browser()
    assert browser.sign_in(someone).status_code == 302

    browser.post(ADD_APP, {"code": code_of(secret_on(browser.get(ADD_APP)))})

    assert browser.is_in
    assert browser.get("/api/v1/me/").status_code == 200


def test_operators_owe_it_in_the_administration_too(db: None) -> None:
    operator = factories.user("root_admin", on=factories.root())
    browser = Browser()
    browser.sign_in(operator)
    assert browser.get("/admin/").status_code == 200

    demand(operator)

    assert browser.get("/admin/")["Location"] == "/profile/security/"
    assert browser.post("/admin/tenants/domain/add/", {"name": "x"})["Location"] == "/profile/security/"


def test_domains_beside_are_not_asked(someone: User) -> None:
    neighbour = person()

    demand(neighbour)

    browser = Browser()
    browser.sign_in(someone)
    assert browser.is_in


def test_keys_are_another_door(someone: User) -> None:
    demand(someone)
    _, text = create_api_key(actor_of(someone), user=someone, name="script")

    answer = Client().get("/api/v1/me/", headers={"authorization": f"Bearer {text}"})

    assert answer.status_code == 200


def test_the_last_factor_of_who_must_have_one_stays(someone: User) -> None:
    demand(someone)
    browser = Browser()
    browser.sign_in(someone)
    browser.post(ADD_APP, {"code": code_of(secret_on(browser.get(ADD_APP)))})

    refused = browser.post("/profile/security/app/remove/")

    assert refused.status_code in {409, 422}
    assert "Add another one first" in words(refused)
    assert Authenticator.objects.filter(user=someone, type="totp").exists()
    key = factories.security_key(someone)
    assert browser.post("/profile/security/app/remove/").status_code == 302
    assert browser.post(f"/profile/security/keys/{key.pk}/remove/").status_code == 409


def test_who_manages_a_domain_demands_it_and_others_do_not(someone: User) -> None:
    domain = someone.account.domain
    admin = actor_of(factories.user("domain_admin", on=domain))

    policy = change_sign_in_policy(admin, domain=domain, mfa_required=True)

    assert policy.domain.mfa_required
    with pytest.raises(NotFound):
        change_sign_in_policy(actor_of(factories.user("reader", on=domain)), domain=domain, mfa_required=False)


def test_an_administrator_helps_who_lost_it(someone: User) -> None:
    with_app(someone)
    browser = Browser()
    browser.client.force_login(someone)
    assert browser.is_in
    admin = actor_of(factories.user("domain_admin", on=someone.account.domain))

    reset_factors(admin, user=someone)

    assert not browser.is_in
    assert Browser().sign_in(someone)["Location"] == "/"
    with pytest.raises(Conflict):
        reset_factors(admin, user=someone)


def test_nobody_becomes_who_may_do_more(someone: User) -> None:
    domain = someone.account.domain
    operator = factories.user("root_admin", someone.account, on=factories.root())
    with_app(operator)

    with pytest.raises(PermissionDenied):
        reset_factors(actor_of(factories.user("domain_admin", on=domain)), user=operator)


HOSTILE = ["{}", "[]", "null", "7", '"x"', '{"id": 7}', '{"id": "a", "rawId": "a", "response": {}, "type": "x"}', "{"]


@pytest.mark.parametrize("credential", HOSTILE)
def test_answers_that_no_key_gives_are_refused(someone: User, credential: str) -> None:
    browser = Browser()
    browser.sign_in(someone)
    browser.get("/profile/security/keys/add/")

    added = browser.post("/profile/security/keys/add/", {"name": "x", "credential": credential})

    assert added.status_code == 422
    assert not Authenticator.objects.exists()
    with_app(someone)
    other = Browser(ELSEWHERE)
    other.sign_in(someone)
    assert other.post("/sign-in/second-factor/", {"credential": credential}).status_code == 422
    assert not other.is_in


def test_the_options_for_a_key_are_data_and_not_script(someone: User) -> None:
    browser = Browser()
    browser.sign_in(someone)

    page = browser.get("/profile/security/keys/add/")

    data = re.search(r'<script id="key-options" type="application/json">(.*?)</script>', words(page))
    assert data
    assert json.loads(data[1])["creation_options"]["publicKey"]["rp"]["name"] == "CloudPortal"
    assert "unsafe-inline" not in page["Content-Security-Policy"].split("script-src ")[1].split(";")[0]
