"""The same request twice does one thing, whatever happens in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from cloudportal.doors.forget import FORGET_REQUESTS
from cloudportal.doors.models import IdempotencyKey
from cloudportal.jobs.inline import run_until_over
from cloudportal.jobs.models import Job
from cloudportal.jobs.periodic import System
from cloudportal.jobs.services import start
from compute.models import Instance, SSHKey
from compute.services import ssh_keys
from network.models import Network
from tenants.actor import Actor
from tenants.keys import parse_key
from tenants.models import ApiKey
from tests import factories
from tests.api.client import Api, messages
from tests.api.test_problems import assert_problem
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud

KEY = "b1946ac9-2f1d"


def key_body(name: str = "laptop") -> dict[str, str]:
    return {"name": name, "public_key": PUBLIC_KEY}


def post(api: Api, address: str, body: Any, key: str = KEY) -> Any:
    return api.ask("post", address, body, idempotency_key=key)


def test_a_repeated_creation_makes_one_object_and_answers_the_same(api: Api) -> None:
    first = post(api, "ssh-keys/", key_body())
    second = post(api, "ssh-keys/", {"public_key": PUBLIC_KEY, "name": "laptop"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert (second["ETag"], second["Idempotency-Replayed"]) == (first["ETag"], "true")
    assert "Idempotency-Replayed" not in first
    assert SSHKey.objects.count() == 1


def test_a_repeated_deployment_starts_one_job(api: Api, tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    body = {
        "name": "web-1", "zone": str(cloud.zone.uuid), "offering": str(cloud.offering.uuid),
        "template": str(cloud.template.uuid), "networks": [str(network.uuid)],
    }  # fmt: skip

    first, second = post(api, "instances/", body), post(api, "instances/", body)

    assert first.json() == second.json()
    assert (first.status_code, second.status_code, second["Location"]) == (202, 202, first["Location"])
    assert Instance.objects.count() == Job.objects.filter(kind="compute.deploy_instance").count() == 1


def test_a_repeated_operation_is_done_once(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    first, second = (post(api, f"instances/{instance.uuid}/stop/", {}) for _ in range(2))

    assert (first.status_code, second.status_code, second.json()) == (202, 202, first.json())


def test_a_key_belongs_to_its_request(api: Api) -> None:
    post(api, "ssh-keys/", key_body())

    assert_problem(post(api, "ssh-keys/", key_body("other")), 422, "idempotency-key-reused")
    assert_problem(post(api, "api-keys/", {"name": "laptop"}), 422, "idempotency-key-reused")
    assert SSHKey.objects.count() == 1


def test_a_key_belongs_to_its_user(api: Api, other_api: Api) -> None:
    assert post(api, "ssh-keys/", key_body()).status_code == post(other_api, "ssh-keys/", key_body()).status_code == 201
    assert SSHKey.objects.count() == 2


def test_a_refusal_is_kept_too(api: Api, tenant: Actor) -> None:
    refused = post(api, "ssh-keys/", {"name": "x", "public_key": "nonsense"})
    again = post(api, "ssh-keys/", {"name": "x", "public_key": "nonsense"})

    assert_problem(again, 400, "invalid")
    assert again.content == refused.content


def test_what_went_wrong_here_may_be_tried_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ssh_keys.create_ssh_key

    def dies(*args: Any, **options: Any) -> Any:
        made(*args, **options)
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(ssh_keys, "create_ssh_key", dies)
        assert_problem(post(api, "ssh-keys/", key_body()), 503, "unavailable")
    assert not SSHKey.objects.exists()
    assert not IdempotencyKey.objects.exists()

    assert post(api, "ssh-keys/", key_body()).status_code == 201
    assert SSHKey.objects.count() == 1


def test_a_secret_is_answered_again_and_stands_nowhere_in_clear(api: Api) -> None:
    first, second = (post(api, "api-keys/", {"name": "mine"}).json()["key"] for _ in range(2))

    assert first == second
    key = parse_key(first)
    assert key
    assert ApiKey.objects.filter(name="mine").count() == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM doors_idempotencykey k")
        assert key.secret not in str(cursor.fetchall())


def test_a_repeated_upload_is_known_by_its_file(api: Api, cloud: Cloud) -> None:
    def upload(size: int) -> Any:
        file = factories.raw_image(size)
        file.name = "image.raw"
        fields = {"name": "mine", "zone": str(cloud.zone.uuid), "format": "raw", "file": file}
        return api.upload("templates/upload/", headers={"idempotency-key": KEY}, **fields)

    assert (upload(8 * 2**20).status_code, upload(8 * 2**20).status_code, upload(9 * 2**20).status_code) == (
        202,
        202,
        422,
    )


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_a_malformed_key_is_refused(api: Api, key: str) -> None:
    assert set(messages(post(api, "ssh-keys/", key_body(), key))) == {"Idempotency-Key"}
    assert not SSHKey.objects.exists()


def test_a_key_is_free_again_after_a_day_and_forgotten_by_the_round(api: Api) -> None:
    post(api, "ssh-keys/", key_body())
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))

    assert post(api, "ssh-keys/", key_body("other")).status_code == 201
    assert IdempotencyKey.objects.count() == 1

    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    run_until_over(start(System(), FORGET_REQUESTS))
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one() -> None:
    tenant = factories.member()
    apis = [Api(tenant) for _ in range(4)]

    def ask(number: int) -> Any:
        try:
            return post(apis[number % 4], "ssh-keys/", key_body())
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(ask, range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert SSHKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_control_without_a_key_all_but_one_are_refused() -> None:
    tenant = factories.member()
    apis = [Api(tenant) for _ in range(4)]

    def ask(number: int) -> int:
        try:
            return int(apis[number % 4].post("ssh-keys/", key_body()).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(ask, range(8))) == [201, *[400] * 7]


def test_nothing_is_kept_of_requests_without_a_key(api: Api) -> None:
    api.post("ssh-keys/", key_body())

    assert not IdempotencyKey.objects.exists()
    assert not Network.objects.exists()
