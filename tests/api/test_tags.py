"""Tags over REST: in every row, as a filter, at creation, one by one and in bulk."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict

from compute.filters import InstanceFilterSet
from compute.models import Instance, SSHKey
from compute.services.ssh_keys import create_ssh_key
from network.models import Network
from storage.models import Volume
from tenants.actor import Actor
from tenants.models import Account
from tenants.services.tags import change_tags
from tests import factories
from tests.api.client import Api, messages
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud

pytestmark = pytest.mark.django_db


def key(actor: Actor, name: str, **tags: str) -> SSHKey:
    home = Account.objects.select_related("domain").get(pk=actor.account_id)
    found = create_ssh_key(actor, account=home, name=name, public_key=PUBLIC_KEY)
    return change_tags(actor, thing=found, set=tags) if tags else found


def test_things_are_tagged_where_they_are(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    network = Network.objects.get()
    volume = Volume.objects.get(attachment__instance=instance)
    api = Api(tenant)

    for path in (
        f"instances/{instance.uuid}/", f"networks/{network.uuid}/", f"volumes/{volume.uuid}/",
        f"public-addresses/{network.public_addresses.get().uuid}/",
    ):  # fmt: skip
        answer = api.post(f"{path}tags/", {"set": {"env": "test"}})
        assert (answer.status_code, answer.json()["tags"]) == (200, {"env": "test"}), path
        answer = api.post(f"{path}tags/", {"set": {"team": "blue"}, "remove": ["env"]})
        assert api.get(path).json()["tags"] == {"team": "blue"}
        collection = path.split("/")[0] + "/"
        assert len(api.get(collection, tag="team:blue").json()["results"]) == 1
        assert api.get(collection, tag="env").json()["results"] == []


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["env"], ["a", "b"]),
        (["env:test"], ["a"]),
        (["env", "team:blue"], ["b"]),
        (["env:test", "team:blue"], []),
        (["x:y"], ["c"]),
        (["x:y:z"], ["c"]),
        (["never"], []),
        (["'; DROP TABLE compute_sshkey --"], []),
    ],
)
def test_the_filter_means_all_of_them(tenant: Actor, asked: list[str], found: list[str]) -> None:
    key(tenant, "a", env="test")
    key(tenant, "b", env="live", team="blue")
    key(tenant, "c", **{"x:y": "z"})

    rows = Api(tenant).get("ssh-keys/", tag=asked, sort="name").json()["results"]

    assert [row["name"] for row in rows] == found


def test_a_filter_that_can_not_be_is_refused(tenant: Actor) -> None:
    assert list(messages(Api(tenant).get("ssh-keys/", tag=[f"t{n}" for n in range(11)]))) == ["tag"]
    assert list(messages(Api(tenant).get("ssh-keys/", tag="k" * 500))) == ["tag"]


def test_many_are_tagged_at_once(tenant: Actor, other_tenant: Actor) -> None:
    mine, foreign = [key(tenant, name) for name in "ab"], key(other_tenant, "c")
    ids = [str(row.uuid) for row in [*mine, foreign]]

    answer = Api(tenant).post("ssh-keys/bulk/", {"action": "tags", "ids": ids, "set": {"env": "test"}})

    assert [result["status"] for result in answer.json()["results"]] == [200, 200, 404]
    assert SSHKey.objects.filter(tags={"env": "test"}).count() == 2


def test_new_things_have_the_tags_that_they_were_given(tenant: Actor, cloud: Cloud) -> None:
    api = Api(tenant)
    made = api.post(
        "networks/", {"zone": str(cloud.zone.uuid), "name": "n", "cidr": "10.7.0.0/24", "tags": {"env": "test"}}
    )  # fmt: skip

    assert (made.status_code, made.json()["tags"]) == (202, {"env": "test"})
    wrong = api.post(
        "networks/", {"zone": str(cloud.zone.uuid), "name": "m", "cidr": "10.8.0.0/24", "tags": {"cloudportal:a": "b"}}
    )  # fmt: skip
    assert list(messages(wrong)) == ["tags"]
    template = factories.template(cloud.zone, Account.objects.get(pk=tenant.account_id))
    body: dict[str, Any] = {
        "zone": str(cloud.zone.uuid), "name": "vm", "offering": str(cloud.offering.uuid), "tags": {"a": "b"},
        "template": str(template.uuid), "networks": [made.json()["id"]],
    }  # fmt: skip
    answer = api.post("instances/", body)
    assert answer.status_code == 202, answer.content
    assert Instance.objects.get().tags == {"a": "b"}


@pytest.mark.parametrize("body", [{"set": {"a": 1.5, "b": None}}, {"set": []}, {"remove": "a"}, {}])
def test_bodies_that_make_no_sense(tenant: Actor, body: dict[str, Any]) -> None:
    row = key(tenant, "a")

    answer = Api(tenant).post(f"ssh-keys/{row.uuid}/tags/", body)

    assert answer.status_code == 400
    assert SSHKey.objects.get().tags == {}


@pytest.mark.parametrize("asked", ["env", "env:test", "a:b:c"])
def test_the_filter_can_use_its_index(tenant: Actor, asked: str) -> None:
    request = SimpleNamespace(actor=tenant)
    rows = InstanceFilterSet(QueryDict(f"tag={asked}"), queryset=Instance.objects.order_by(), request=request).qs

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "instance_tags" in rows.values("pk").explain()
