"""Keys over REST: made, changed, rotated, and used for less than their owner may do."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, ApiKey, User
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role
from tests import factories
from tests.api.client import BASE, Api, messages
from tests.api.test_problems import assert_problem

pytestmark = pytest.mark.django_db


class Script:
    """Somebody who holds nothing but the text of a key."""

    def __init__(self, key: str, address: str = "127.0.0.1") -> None:
        self.client = Client(raise_request_exception=False, REMOTE_ADDR=address)
        self.headers = {"authorization": f"Bearer {key}"}

    def get(self, path: str) -> Any:
        return self.client.get(f"{BASE}/{path}", headers=self.headers)

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        send = getattr(self.client, method)
        return send(f"{BASE}/{path}", body, content_type="application/json", headers=sent)


def test_a_key_is_made_narrowed_changed_and_rotated(tenant: Actor) -> None:
    api = Api(tenant)
    body = {
        "name": "ci", "permissions": ["compute.view", "jobs.view"], "networks": ["127.0.0.0/8"], "signs": True,
        "expires_at": "2099-01-01T00:00:00Z",
    }  # fmt: skip

    made = api.post("api-keys/", body)

    assert made.status_code == 201
    key = made.json()
    assert {name: key[name] for name in ("state", "signs", "networks", "permissions", "accounts")} == {
        "state": "Active", "signs": True, "networks": ["127.0.0.0/8"], "permissions": ["compute.view", "jobs.view"],
        "accounts": [],
    }  # fmt: skip
    changed = api.patch(f"api-keys/{key['id']}/", {"name": "build", "networks": []})
    assert (changed.status_code, changed.json()["networks"]) == (200, [])
    rotated = api.post(f"api-keys/{key['id']}/rotate/", {"grace_hours": 2})
    assert rotated.status_code == 200
    assert rotated.json()["key"] != key["key"]
    assert rotated.json()["previous_until"] is not None
    for text in (key["key"], rotated.json()["key"]):
        assert Script(text).get("instances/").status_code == 200
    assert "key" not in api.get(f"api-keys/{key['id']}/").json()


def test_a_read_only_key_reads_only(tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    text = create_api_key(tenant, user=user, name="r", permissions=["network.view", "jobs.view"])[1]
    script = Script(text)

    assert script.get("networks/").status_code == 200
    assert script.get("me/").json()["permissions"] == ["jobs.view", "network.view"]
    assert script.get("instances/").json()["results"] == []
    assert script.send("post", "api-keys/", {"name": "more"}).status_code == 403
    other = ApiKey.objects.exclude(name="r").first() or create_api_key(tenant, user=user, name="whole")[0]
    assert script.send("delete", f"api-keys/{other.uuid}/", None).status_code == 403
    assert script.send("post", "api-keys/bulk/", {"action": "delete", "ids": [str(other.uuid)]}).json()["results"][0][
        "status"
    ] == 403  # fmt: skip
    assert ApiKey.objects.filter(pk=other.pk).exists()


def test_from_elsewhere_the_answer_is_that_to_a_wrong_key(tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    key, text = create_api_key(tenant, user=user, name="here", networks=["192.0.2.0/24"])

    elsewhere = assert_problem(Script(text, "198.51.100.4").get("me/"), 401, "not-authenticated")
    unknown = assert_problem(Script(f"cpk_{'0' * 12}_x", "198.51.100.4").get("me/"), 401, "not-authenticated")

    assert elsewhere["detail"] == unknown["detail"]
    assert Script(text, "192.0.2.4").get("me/").status_code == 200
    assert Api(tenant).get(f"api-keys/{key.uuid}/").json()["refused_address"] == "198.51.100.4"


def test_a_mightier_answer_is_not_replayed(tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    whole = Script(create_api_key(tenant, user=user, name="whole")[1])
    narrow = Script(create_api_key(tenant, user=user, name="narrow", permissions=["jobs.view"])[1])
    assert whole.send("post", "api-keys/", {"name": "made"}, idempotency_key="same").status_code == 201

    assert_problem(narrow.send("post", "api-keys/", {"name": "made"}, idempotency_key="same"), 422,
                   "idempotency-key-reused")  # fmt: skip


def test_places_that_the_reader_does_not_reach_stay_unnamed(tenant: Actor) -> None:
    account = Account.objects.select_related("domain").get(pk=tenant.account_id)
    elsewhere = factories.account()
    user = User.objects.get(pk=tenant.user_id)
    grant_role(SYSTEM, user=user, role="member", on=elsewhere)
    mine = Api(actor_of(user)).post("api-keys/", {"name": "two", "accounts": [str(elsewhere.uuid)]}).json()
    boss = Api(actor_of(factories.user("domain_admin", on=account.domain)))

    seen = boss.get(f"api-keys/{mine['id']}/").json()

    assert [place["name"] for place in mine["accounts"]] == [elsewhere.name]
    assert (seen["accounts"], seen["is_narrowed_to_places"], seen["user"]["name"]) == ([], True, user.username)
    assert seen["id"] in [row["id"] for row in boss.get("api-keys/", state="Active").json()["results"]]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"networks": ["nowhere"]}, "networks"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"permissions": ["users.manage"]}, "permissions"),
        ({"accounts": [str(uuid4())]}, "accounts"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_bad_keys_make_nothing(tenant: Actor, body: dict[str, Any], field: str) -> None:
    api = Api(tenant)
    before = ApiKey.objects.count()

    assert list(messages(api.post("api-keys/", {"name": "x", **body}))) == [field]
    assert ApiKey.objects.count() == before
