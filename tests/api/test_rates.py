"""How often somebody may ask."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client, RequestFactory

from cloudportal.doors import rates
from cloudportal.doors.addresses import client_address
from cloudportal.doors.models import RateBucket
from tests import factories
from tests.api.client import BASE, Api
from tests.api.test_problems import assert_problem


@pytest.fixture(autouse=True)
def _empty_purse() -> Iterator[None]:
    rates.forget_held()
    yield
    rates.forget_held()


def test_an_account_that_asks_too_often_is_told_when_to_come_back(api: Api, other_api: Api, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 5
    answers = [api.get("me/") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert_problem(answers[5], 429, "too-many-requests")
    assert int(answers[5]["Retry-After"]) > 0
    assert answers[0]["RateLimit-Policy"] == '"account";q=5;w=60'
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=4", "r=3", "r=2", "r=1", "r=0", "r=0"]
    assert other_api.get("me/").status_code == 200


def test_tokens_come_back_with_time(api: Api, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 2
    assert [api.get("me/").status_code for _ in range(3)] == [200, 200, 429]

    RateBucket.objects.update(at=F("at") - timedelta(seconds=31))
    rates.forget_held()

    assert [api.get("me/").status_code for _ in range(2)] == [200, 429]


def test_bulk_actions_count_for_each_object(api: Api, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 20
    body = {"action": "delete", "ids": [str(uuid4()) for _ in range(15)]}

    assert [api.post("ssh-keys/bulk/", body).status_code for _ in range(2)] == [200, 429]


def test_who_guesses_keys_is_slowed_down(db: None, settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 3

    def guess(address: str) -> Any:
        return Client().get(f"{BASE}/me/", headers={"authorization": "Bearer cpk_no"}, REMOTE_ADDR=address)

    answers = [guess("192.0.2.7") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert_problem(answers[3], 429, "too-many-requests")
    assert guess("192.0.2.8").status_code == 401
    assert [guess(f"2001:db8::{number}").status_code for number in range(1, 5)] == [401, 401, 401, 429]


def test_a_header_is_believed_of_our_proxies_alone(settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]

    def address(peer: str, forwarded: str) -> str:
        return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded))

    assert address("192.0.2.1", "198.51.100.1") == "192.0.2.1"
    assert address("10.0.0.1", "198.51.100.1") == "198.51.100.1"
    assert address("10.0.0.1", "203.0.113.9, 198.51.100.1, 10.0.0.2") == "198.51.100.1"
    assert address("10.0.0.1", "") == "10.0.0.1"


def test_no_limit_writes_nothing(api: Api, settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 0

    assert "RateLimit" not in api.get("me/")
    assert not RateBucket.objects.exists()


def test_who_asks_often_costs_few_statements(api: Api, django_assert_max_num_queries: Any) -> None:
    api.get("me/")

    # The key, the grants, the caller; and some handfuls of tokens for all of the fifty.
    with django_assert_max_num_queries(50 * 3 + 20):
        for _ in range(50):
            api.get("me/")


@pytest.mark.django_db(transaction=True)
def test_many_processes_together_get_what_there_is() -> None:
    name = factories.unique("bucket")

    def take(_number: int) -> float:
        try:
            # A process of its own holds nothing of what others hold.
            return sum(rates._take(name, 100, 1, 3)[0] for _ in range(10))
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        taken = sum(threads.map(take, range(8)))

    # At 100 a minute a token and a half comes back each second.
    assert 99 <= taken <= 115
