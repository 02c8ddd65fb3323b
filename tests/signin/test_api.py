"""What administrators do about signing in, by API and in the administration."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from tenants.models import Domain, User
from tenants.services.lockouts import is_locked
from tests import factories
from tests.admin.pages import address
from tests.signin.conftest import Browser, actions, with_app


@pytest.fixture
def admin(someone: User) -> Client:
    return signed_in(factories.user("domain_admin", on=someone.account.domain))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def patch(client: Client, domain: Domain, **values: Any) -> Any:
    return client.patch(f"/api/v1/sign-in-policies/{domain.uuid}/", values, content_type="application/json")


def test_a_policy_is_read_and_changed(someone: User, admin: Client) -> None:
    domain = someone.account.domain
    before = admin.get(f"/api/v1/sign-in-policies/{domain.uuid}/").json()

    after = patch(admin, domain, mfa_required=False, password_min_length=20, alias="acme-eu").json()

    assert (before["mfa_required"], before["password_min_length"], before["alias"]) == (False, None, None)
    assert (after["name"], after["password_min_length"], after["alias"]) == (domain.name, 20, "acme-eu")
    assert "tenants.change_sign_in_policy" in actions()
    assert patch(admin, domain, password_min_length=None, alias=None).json()["alias"] is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"password_min_length": 3}, "password_min_length"),
        ({"password_min_length": 900}, "password_min_length"),
        ({"alias": "Not Good"}, "alias"),
        ({"alias": "x" * 60}, "alias"),
        ({"alias": "-acme"}, "alias"),
        ({"mfa_required": "perhaps"}, "mfa_required"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_wrong_policy_is_refused_at_the_field(
    someone: User, admin: Client, values: dict[str, Any], field: str
) -> None:
    answer = patch(admin, someone.account.domain, **values)

    assert answer.status_code == 400
    assert field in str(answer.json()["errors"])


def test_an_alias_is_one_domains(someone: User, admin: Client, db: None) -> None:
    other = factories.account().domain
    patch(signed_in(factories.user("domain_admin", on=other)), other, alias="acme")

    answer = patch(admin, someone.account.domain, alias="acme")

    assert answer.status_code == 400
    assert "taken" in str(answer.json()["errors"])


def test_a_user_is_unlocked_signed_out_and_freed_of_factors(someone: User, admin: Client) -> None:
    browser = Browser()
    browser.sign_in(someone)
    for _ in range(5):
        browser.client.post("/password/nowhere/")
        Browser().sign_in(someone, "nonsense")
    assert is_locked(someone)
    with_app(someone)

    for operation in ("unlock", "sign-out", "reset-factors"):
        answer = admin.post(f"/api/v1/users/{someone.uuid}/{operation}/", content_type="application/json")
        assert answer.status_code == 200, operation
        assert answer.json()["username"] == someone.username

    assert not is_locked(someone)
    assert not browser.is_in
    assert not Authenticator.objects.filter(user=someone).exists()
    again = admin.post(f"/api/v1/users/{someone.uuid}/reset-factors/", content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("operation", ["unlock", "reset-factors", "sign-out"])
def test_a_colleague_may_not(someone: User, operation: str) -> None:
    colleague = signed_in(factories.user(of=someone.account))

    answer = colleague.post(f"/api/v1/users/{someone.uuid}/{operation}/", content_type="application/json")

    assert answer.status_code == 404


def test_operators_do_it_in_the_administration(someone: User) -> None:
    operator = signed_in(factories.user("root_admin", on=factories.root()))
    with_app(someone)

    for action in ("unlock", "sign_out", "reset_second_factors"):
        answer = operator.post(address(User, "changelist"), {"action": action, "_selected_action": [someone.pk]})
        assert answer.status_code == 302

    assert {"tenants.unlock_user", "tenants.reset_factors"} <= set(actions(someone))
