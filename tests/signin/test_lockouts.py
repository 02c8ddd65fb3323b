"""Too many failures, and what they tell."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.db.models import F

from cloudportal.core.clock import WallClock
from cloudportal.core.errors import NotFound, PermissionDenied
from tenants.actor import actor_of
from tenants.models import SignInThrottle, User
from tenants.services.lockouts import is_locked, password_attempt, unlock_address, unlock_user
from tests import factories
from tests.signin.conftest import ELSEWHERE, HOME, Browser, actions, person, words


@pytest.fixture(autouse=True)
def _few(settings: Any) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_USER, settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 3, 6


def fail(times: int, login: str, address: str = HOME) -> Any:
    return [Browser(address).sign_in(login, "nonsense") for _ in range(times)][-1]


def test_after_a_few_failures_the_right_password_is_not_looked_at(someone: User) -> None:
    fail(3, someone.username)

    answer = Browser().sign_in(someone)

    assert answer.status_code == 422
    assert re.search(r"Try again in 1[56] min, at \d\d:\d\d UTC", words(answer))
    assert is_locked(someone)
    assert actions(someone)[-4:] == ["tenants.sign_in_failed"] * 3 + ["tenants.sign_in_locked"]


def test_a_lock_tells_nothing_about_who_is_here(someone: User) -> None:
    known, unknown = fail(4, someone.username), fail(4, "nobody-at-all", ELSEWHERE)

    alert = re.compile(r'role="alert".*?</div>', re.DOTALL)
    assert alert.search(words(known))[0] == alert.search(words(unknown))[0]  # type: ignore[index]


def test_name_and_address_count_together(someone: User) -> None:
    fail(2, someone.username)
    fail(1, someone.email)

    assert "Too many" in words(Browser().sign_in(someone))


def test_others_and_elsewhere_are_not_locked(someone: User) -> None:
    fail(4, someone.username)

    assert Browser(ELSEWHERE).sign_in(someone).status_code == 302
    assert Browser().sign_in(person()).status_code == 302


def test_an_address_that_tries_many_names_is_locked_for_all(someone: User) -> None:
    for number in range(7):
        fail(1, f"nobody-{number}")

    assert "Too many" in words(Browser().sign_in(someone))
    assert Browser(ELSEWHERE).sign_in(someone).status_code == 302


def test_a_password_of_ones_own_buys_no_guesses_at_others(someone: User) -> None:
    attacker = person()
    for number in range(6):
        fail(1, f"nobody-{number}")
        Browser().sign_in(attacker)

    assert "Too many" in words(Browser().sign_in(someone))


def test_who_hammers_at_one_name_does_not_lock_the_whole_office(someone: User) -> None:
    fail(20, someone.username)

    assert Browser().sign_in(person()).status_code == 302


def test_a_success_forgets_the_failures(someone: User) -> None:
    for _ in range(3):
        fail(2, someone.username, ELSEWHERE)
        assert Browser(ELSEWHERE).sign_in(someone).status_code == 302
        SignInThrottle.objects.filter(scope="address").delete()


def test_the_lock_ends_by_itself(someone: User) -> None:
    fail(4, someone.username)

    SignInThrottle.objects.update(until=WallClock())

    assert Browser().sign_in(someone).status_code == 302


def test_trying_on_does_not_prolong_it(someone: User) -> None:
    fail(4, someone.username)
    before = SignInThrottle.objects.get(scope="user").until

    fail(3, someone.username)

    assert SignInThrottle.objects.get(scope="user").until == before


def test_an_administrator_unlocks(someone: User) -> None:
    fail(4, someone.username)
    admin = actor_of(factories.user("domain_admin", on=someone.account.domain))

    unlock_user(admin, user=someone)

    assert not is_locked(someone)
    assert Browser().sign_in(someone).status_code == 302
    assert "tenants.unlock_user" in actions(someone)


def test_others_do_not_unlock(someone: User, db: None) -> None:
    colleague, stranger = actor_of(factories.user(of=someone.account)), actor_of(factories.user("domain_admin"))

    for actor in (colleague, stranger):
        with pytest.raises((NotFound, PermissionDenied)):
            unlock_user(actor, user=someone)
        with pytest.raises(PermissionDenied):
            unlock_address(actor, address=HOME)


def test_an_operator_unlocks_an_address(someone: User, operator: Any) -> None:
    for number in range(7):
        fail(1, f"nobody-{number}")

    unlock_address(operator, address=HOME)

    assert Browser().sign_in(someone).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_many_at_the_same_moment_no_more_than_the_limit_are_judged(someone: User) -> None:
    def attempt(_number: int) -> bool:
        try:
            return password_attempt(someone, "", HOME).locked_until is None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        judged = list(pool.map(attempt, range(40)))

    assert judged.count(True) == 3
    assert SignInThrottle.objects.filter(scope="user", attempts=F("attempts")).get().attempts == 40


def test_an_address_written_by_the_client_is_not_believed(someone: User) -> None:
    for number in range(5):
        Browser().client.post(
            "/sign-in/",
            {"login": someone.username, "password": "nonsense"},
            headers={"x-forwarded-for": f"198.51.100.{number}"},
        )

    assert "Too many" in words(Browser().sign_in(someone))


def test_a_request_past_the_proxies_counts_for_who_connected(someone: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2

    Browser().client.post("/sign-in/", {"login": "x", "password": "x"}, headers={"x-forwarded-for": "198.51.100.7"})

    assert set(SignInThrottle.objects.values_list("address", flat=True)) == {HOME}


def test_an_address_that_a_trusted_proxy_saw_is(someone: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    seen_by_proxy = {"x-forwarded-for": "203.0.113.99, 198.51.100.7"}

    Browser().client.post("/sign-in/", {"login": "nobody", "password": "x"}, headers=seen_by_proxy)

    assert set(SignInThrottle.objects.values_list("address", flat=True)) == {"198.51.100.7"}
