"""Sharing over REST: by the account's id, seen and used by its people, with the refusals of every other thing."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute.models import Instance, SSHKey
from compute.services.ssh_keys import create_ssh_key
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, User
from tenants.services.shares import share
from tests import factories
from tests.api.client import Api, messages
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud

pytestmark = pytest.mark.django_db
NEVER = "00000000-0000-4000-8000-000000000000"


def home_of(actor: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=actor.account_id)


def key_of(actor: Actor, name: str = "k") -> SSHKey:
    return create_ssh_key(actor, account=home_of(actor), name=name, public_key=PUBLIC_KEY)


def things(actor: Actor, cloud: Cloud) -> dict[str, Any]:
    return {
        "templates": factories.template(cloud.zone, home_of(actor), is_public=False),
        "networks": factories.network(actor, cloud.zone),
        "ssh-keys": key_of(actor),
    }


def test_a_thing_is_shared_used_and_taken_back(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, api: Api, other_api: Api
) -> None:
    mine, receiver = things(tenant, cloud), home_of(other_tenant)
    body = {"account": str(receiver.uuid)}
    for noun, thing in mine.items():
        assert other_api.get(f"{noun}/{thing.uuid}/").status_code == 404
        answer = api.post(f"{noun}/{thing.uuid}/share/", body)
        assert (answer.status_code, answer.json()["shared"]) == (200, False), answer.content
        seen = other_api.get(f"{noun}/{thing.uuid}/").json()
        assert (seen["shared"], seen["account"]["id"]) == (True, str(home_of(tenant).uuid))
        assert seen.get("allowed", []) == []
        for sharing, found in (("shared", [str(thing.uuid)]), ("own", [])):
            rows = other_api.get(f"{noun}/", sharing=sharing).json()["results"]
            assert [row["id"] for row in rows] == found
        assert [row["id"] for row in api.get(f"{noun}/", sharing="shared").json()["results"]] == []

    made = other_api.post(
        "instances/",
        {
            "name": "vm", "zone": str(cloud.zone.uuid), "offering": str(cloud.offering.uuid),
            "template": str(mine["templates"].uuid), "networks": [str(mine["networks"].uuid)],
            "ssh_keys": [str(mine["ssh-keys"].uuid)],
        },
    )  # fmt: skip
    assert made.status_code == 202, made.content
    assert Instance.objects.get().account_id == other_tenant.account_id

    for noun, thing in mine.items():
        assert api.post(f"{noun}/{thing.uuid}/unshare/", body).status_code == 200
        assert other_api.get(f"{noun}/{thing.uuid}/").status_code == 404
    shown = other_api.get(f"instances/{made.json()['id']}/").json()
    assert shown["networks"][0]["network_name"] == mine["networks"].name
    assert [key["name"] for key in shown["ssh_keys"]] == ["k"]


def test_receivers_are_refused_and_strangers_find_nothing(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, other_api: Api
) -> None:
    stranger = Api(factories.member())
    for noun, thing in things(tenant, cloud).items():
        share(tenant, thing=thing, account=home_of(other_tenant))
        path, to = f"{noun}/{thing.uuid}/", {"account": str(home_of(stranger.actor or tenant).uuid)}
        for ask, body in (("share/", to), ("unshare/", to), ("tags/", {"set": {"a": "b"}})):
            refused = other_api.post(path + ask, body)
            assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied"), (noun, ask)
            assert stranger.post(path + ask, body).status_code == 404
        assert other_api.delete(path).status_code == 403
        assert stranger.post(path + "leave/").status_code == 404
        assert other_api.post(path + "leave/").status_code == 204
        assert other_api.get(path).status_code == 404


@pytest.mark.parametrize("body", [{}, {"account": "x"}, {"account": NEVER}, {"account": None}, {"accounts": []}])
def test_what_is_no_account_is_said_at_the_field(tenant: Actor, api: Api, body: dict[str, Any]) -> None:
    key = key_of(tenant)

    answer = api.post(f"ssh-keys/{key.uuid}/share/", body)

    assert answer.status_code == 400
    assert "account" in messages(answer)


def test_the_owner_sees_all_shares_and_a_receiver_its_own(
    tenant: Actor, other_tenant: Actor, api: Api, other_api: Api
) -> None:
    key, receivers = key_of(tenant), [home_of(other_tenant), *(home_of(factories.member()) for _ in range(3))]
    for receiver in receivers:
        share(tenant, thing=key, account=receiver)

    first = api.get(f"ssh-keys/{key.uuid}/shares/", limit=3).json()
    rest = api.get(first["next"]).json()

    found = [row["account"]["id"] for row in [*first["results"], *rest["results"]]]
    assert found == [str(receiver.uuid) for receiver in reversed(receivers)]
    one = api.get(f"ssh-keys/{key.uuid}/shares/", account=str(receivers[2].uuid), fields="account").json()["results"]
    assert [row["account"]["name"] for row in one] == [receivers[2].name]
    assert list(messages(api.get(f"ssh-keys/{key.uuid}/shares/", owner="x"))) == ["owner"]
    theirs = other_api.get(f"ssh-keys/{key.uuid}/shares/").json()["results"]
    assert [row["account"]["id"] for row in theirs] == [str(receivers[0].uuid)]
    assert Api(factories.member()).get(f"ssh-keys/{key.uuid}/shares/").status_code == 404


def test_many_are_shared_at_once(tenant: Actor, other_tenant: Actor, api: Api, other_api: Api) -> None:
    mine, foreign = [key_of(tenant, name) for name in "ab"], key_of(factories.member(), "c")
    ids = [str(key.uuid) for key in [*mine, foreign]]

    answer = api.post(
        "ssh-keys/bulk/", {"action": "share", "ids": ids, "account": str(home_of(other_tenant).uuid)}
    )  # fmt: skip

    assert [result["status"] for result in answer.json()["results"]] == [200, 200, 404]
    assert len(other_api.get("ssh-keys/").json()["results"]) == 2


def test_lists_ask_once_however_much_is_shared(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, other_api: Api
) -> None:
    admin = Api(actor_of(factories.user("domain_admin", on=home_of(other_tenant).domain)))

    nouns = ("storage_template", "network_network", "compute_sshkey", "tenants_account")

    def queries() -> list[int]:
        """About things and accounts; what a request costs besides is not the same each time."""
        counts = []
        of_key = f"ssh-keys/{key.uuid}/"
        for api in (other_api, admin):
            for path in ("templates/", "networks/", "ssh-keys/", of_key, f"{of_key}shares/"):
                with CaptureQueriesContext(connection) as heard:
                    assert api.get(path).status_code == 200
                sent = [found["sql"] for found in heard.captured_queries]
                # Roles are the caller's; how many accounts it sees is asked now and then.
                reads = [sql for sql in sent if "tenants_role" not in sql and "COUNT(" not in sql]
                counts.append(sum(any(noun in sql for noun in nouns) for sql in reads))
        return counts

    first = things(tenant, cloud)
    key = first["ssh-keys"]
    for thing in first.values():
        share(tenant, thing=thing, account=home_of(other_tenant))
    before = queries()
    more = [factories.network(tenant, cloud.zone, cidr=f"10.{number}.0.0/24") for number in range(2, 5)]
    for thing in [*more, *(key_of(tenant, f"n{number}") for number in range(5))]:
        share(tenant, thing=thing, account=home_of(other_tenant))
    share(tenant, thing=key, account=home_of(factories.member()))

    assert queries() == before
    assert len(other_api.get("ssh-keys/").json()["results"]) == 6
    assert len(admin.get("ssh-keys/").json()["results"]) == 6


def test_explain_says_that_it_is_shared(tenant: Actor, other_tenant: Actor, other_api: Api) -> None:
    key, receiver = key_of(tenant), home_of(other_tenant)
    person = User.objects.get(pk=other_tenant.user_id)
    asked = {"permission": "compute.view", "object": str(key.uuid)}
    assert list(messages(other_api.get("explain/", **asked))) == ["object"]
    share(tenant, thing=key, account=receiver)

    found = other_api.get("explain/", **asked).json()

    assert (found["allowed"], found["grants"], found["obstacles"]) == (True, [], [])
    (shared,) = found["shares"]
    assert (shared["code"], shared["account"]["id"]) == ("shared", str(receiver.uuid))
    assert [grant["role"]["name"] for grant in shared["grants"]] == ["Member"]
    change = other_api.get("explain/", **asked | {"permission": "compute.manage"}).json()
    assert (change["allowed"], [row["code"] for row in change["obstacles"]]) == (False, ["no-grant"])
    admin = Api(actor_of(factories.user("domain_admin", on=receiver.domain)))
    told = admin.get("explain/", **asked, user=str(person.uuid)).json()
    assert told["shares"][0]["account"]["name"] == receiver.name
    elsewhere = Api(actor_of(factories.user("domain_admin", on=factories.account().domain)))
    assert list(messages(elsewhere.get("explain/", **asked, user=str(person.uuid)))) in (["user"], ["object"])


def test_what_is_for_everybody_is_not_called_shared(tenant: Actor, cloud: Cloud, api: Api) -> None:
    row = api.get(f"templates/{cloud.template.uuid}/").json()

    assert (row["is_public"], row["shared"]) == (True, False)
    share(SYSTEM, thing=cloud.template, account=home_of(tenant))
    assert api.get(f"templates/{cloud.template.uuid}/").json()["shared"] is False
