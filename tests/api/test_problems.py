"""Every error has one form."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from cloudportal.infrastructure.api.zones import ZoneViewSet
from tenants.actor import Actor
from tenants.models import ApiKey, User
from tests.api.client import BASE, Api

MISSING = "00000000-0000-4000-8000-000000000000"


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    problem = answer.json()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:cloudportal:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    return problem


@pytest.mark.parametrize("address", ["instances/", "me/", f"jobs/{MISSING}/", "usage/export/"])
def test_without_a_key_one_is_asked_for(nobody_api: Api, address: str) -> None:
    answer = nobody_api.get(address)

    assert_problem(answer, 401, "not-authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("key", ["", "nonsense", "cpk_", "cpk_000000000000_wrong", "cpk_a_b_c", "\x00", "é"])
def test_a_wrong_key_is_refused(db: None, key: str) -> None:
    answer = Client().get(f"{BASE}/instances/", headers={"authorization": f"Bearer {key}"})

    assert_problem(answer, 401, "not-authenticated")


def test_a_key_dies_with_its_user_and_when_it_is_deleted(api: Api, tenant: Actor) -> None:
    assert api.get("me/").status_code == 200
    User.objects.filter(pk=tenant.user_id).update(is_active=False)
    assert_problem(api.get("me/"), 401, "not-authenticated")

    User.objects.filter(pk=tenant.user_id).update(is_active=True)
    ApiKey.objects.filter(user_id=tenant.user_id).delete()
    assert_problem(api.get("me/"), 401, "not-authenticated")


@pytest.mark.parametrize("address", ["nothing/", "instances/not-an-id/", "instances", "", "instances/../users/"])
def test_addresses_that_lead_nowhere(api: Api, address: str) -> None:
    assert_problem(api.get(address), 404, "not-found")


def test_what_is_missing_is_not_found(api: Api) -> None:
    assert_problem(api.get(f"instances/{MISSING}/"), 404, "not-found")


def test_methods_that_there_are_not(api: Api) -> None:
    assert_problem(api.delete("instances/"), 405, "method-not-allowed")
    assert_problem(api.patch("volumes/", {}), 405, "method-not-allowed")


def test_bodies_of_other_types(api: Api) -> None:
    assert_problem(api.post("networks/", "a=b", content_type="text/plain"), 415, "unsupported-media-type")


@pytest.mark.parametrize("text", ["{", '{"name": }', "\x00", "[" * 5000, '{"name": "\\ud800"}', "NaN"])
def test_bodies_that_are_not_json(api: Api, text: str) -> None:
    assert_problem(api.post("networks/", text), 400, "malformed")


@pytest.mark.parametrize("body", ["[]", '"text"', "1", "null"])
def test_bodies_that_are_no_object(api: Api, body: str) -> None:
    assert_problem(api.post("networks/", body), 400, "invalid")


def test_a_body_without_end_is_cut(api: Api) -> None:
    assert_problem(api.post("networks/", b" " * 3_000_000), 413, "too-large")


def test_every_wrong_field_has_its_message_and_pointer(api: Api) -> None:
    problem = assert_problem(api.post("instances/", {"nmae": "x", "networks": [1]}), 400, "invalid")

    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {"/nmae", "/name", "/zone", "/offering", "/template", "/networks"}
    assert {"There is no field “nmae” here."} <= {error["message"] for error in problem["errors"]}


def test_operations_without_arguments_refuse_arguments(api: Api, tenant: Actor) -> None:
    problem = assert_problem(api.post(f"jobs/{MISSING}/cancel/", {"force": True}), 400, "invalid")

    assert problem["errors"][0]["field"] == "force"


def test_a_refusal_tells_its_request(api: Api) -> None:
    answer = api.get(f"instances/{MISSING}/")

    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_a_defect_of_ours_is_a_problem_that_says_nothing_of_the_inside(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(actor: Actor) -> Any:
        raise RuntimeError("the inside")

    monkeypatch.setattr(ZoneViewSet, "selector", staticmethod(broken))

    answer = api.get("zones/")

    assert_problem(answer, 500, "internal-error")
    assert b"inside" not in answer.content


def test_a_database_that_does_not_answer_is_said_to_come_back(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(actor: Actor) -> Any:
        raise OperationalError("too many connections")

    monkeypatch.setattr(ZoneViewSet, "selector", staticmethod(broken))

    answer = api.get("zones/")

    assert_problem(answer, 503, "unavailable")
    assert int(answer["Retry-After"]) > 0


def test_a_session_writes_with_its_csrf_token_alone(tenant: Actor) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(pk=tenant.user_id))

    assert browser.get(f"{BASE}/me/").json()["username"] == tenant.name
    refused = browser.post(f"{BASE}/api-keys/", {"name": "mine"}, content_type="application/json")

    assert_problem(refused, 403, "permission-denied")
    assert not ApiKey.objects.filter(user_id=tenant.user_id).exists()


def test_a_wrong_key_is_not_saved_by_a_session(tenant: Actor) -> None:
    browser = Client()
    browser.force_login(User.objects.get(pk=tenant.user_id))

    assert_problem(browser.get(f"{BASE}/me/", headers={"authorization": "Bearer x"}), 401, "not-authenticated")
