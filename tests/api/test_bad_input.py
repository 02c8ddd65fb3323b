"""Every endpoint says what is wrong, by the field that is, and makes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from cloudportal.jobs.models import Job
from tenants.actor import Actor
from tenants.models import Role, User
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud

MISSING = "00000000-0000-4000-8000-000000000000"
COUNTED = (
    "compute.Instance",
    "compute.SSHKey",
    "network.Network",
    "network.Port",
    "storage.Template",
    "storage.Volume",
    "tenants.Account",
    "tenants.Domain",
    "tenants.Grant",
    "tenants.Group",
    "tenants.Role",
    "tenants.User",
)

# What is sent, over a body that is right otherwise; the field that must be named.
WRONG_FOR_TENANTS: list[tuple[str, dict[str, Any], str]] = [
    ("instances", {"name": "No Capitals Or Spaces"}, "name"),
    ("instances", {"name": ""}, "name"),
    ("instances", {"name": "x" * 64}, "name"),
    ("instances", {"name": None}, "name"),
    ("instances", {"name": ["a"]}, "name"),
    ("instances", {"zone": MISSING}, "zone"),
    ("instances", {"zone": 7}, "zone"),
    ("instances", {"offering": MISSING}, "offering"),
    ("instances", {"template": "tiny"}, "template"),
    ("instances", {"networks": []}, "networks"),
    ("instances", {"networks": "one"}, "networks"),
    ("instances", {"networks": [MISSING]}, "networks"),
    ("instances", {"networks": [[]]}, "networks"),
    ("instances", {"ssh_keys": [MISSING]}, "ssh_keys"),
    ("instances", {"user_data": "#" * 40_000}, "user_data"),
    ("instances", {"account": MISSING}, "account"),
    ("instances", {"host": MISSING}, "host"),
    ("instances", {"state": "Running"}, "state"),
    ("networks", {"name": ""}, "name"),
    ("networks", {"cidr": "10.1.0.0"}, "cidr"),
    ("networks", {"cidr": "10.1.0.1/24"}, "cidr"),
    ("networks", {"cidr": "10.1.0.0/31"}, "cidr"),
    ("networks", {"cidr": "8.8.8.0/24"}, "cidr"),
    ("networks", {"cidr": "fd00::/64"}, "cidr"),
    ("networks", {"cidr": 5}, "cidr"),
    ("networks", {"zone": MISSING}, "zone"),
    ("networks", {"mtu": 9000}, "mtu"),
    ("ssh-keys", {"public_key": "not a key"}, "public_key"),
    ("ssh-keys", {"public_key": ""}, "public_key"),
    ("ssh-keys", {"name": ""}, "name"),
    ("ssh-keys", {"name": "a\u0000b"}, "name"),
    ("templates", {"url": "file:///etc/passwd"}, "url"),
    ("templates", {"checksum": "md5:1"}, "checksum"),
    ("templates", {"format": "vhd"}, "format"),
    ("templates", {"name": ""}, "name"),
    ("api-keys", {"name": ""}, "name"),
    ("api-keys", {"user": MISSING}, "user"),
]
WRONG_FOR_OPERATORS: list[tuple[str, dict[str, Any], str]] = [
    ("zones", {"public_cidr": "all"}, "public_cidr"),
    ("zones", {"public_gateway": "192.0.2.1"}, "public_gateway"),
    ("zones", {"guest_mtu": 10}, "guest_mtu"),
    ("zones", {"dns_servers": ["nine"]}, "dns_servers"),
    ("zones", {"allocation_state": "Open"}, "allocation_state"),
    ("pods", {"zone": MISSING}, "zone"),
    ("clusters", {"hypervisor": "vmware"}, "hypervisor"),
    ("clusters", {"cpu_overcommit": "-1"}, "cpu_overcommit"),
    ("hosts", {"url": "ftp://x"}, "url"),
    ("offerings", {"cpus": 0}, "cpus"),
    ("offerings", {"memory_mib": 10**12}, "memory_mib"),
    ("offerings", {"price_per_hour": "cheap"}, "price_per_hour"),
    ("offerings", {"price_per_hour": "-1"}, "price_per_hour"),
    ("disk-offerings", {"name": ""}, "name"),
    ("pools", {"path": "relative"}, "path"),
    ("stores", {"path": "/there/is/no/such/place"}, "path"),
    ("accounts", {"name": ""}, "name"),
    ("users", {"password": "short"}, "password"),
    ("users", {"account": MISSING}, "account"),
    ("domains", {"parent": MISSING}, "parent"),
    ("domains", {"name": ""}, "name"),
    ("domains", {"path": "/1/"}, "path"),
    ("domains", {"state": "Removed"}, "state"),
    ("accounts", {"state": "Locked"}, "state"),
    ("users", {"email": "nowhere"}, "email"),
    ("users", {"username": "no spaces"}, "username"),
    ("users", {"is_superuser": True}, "is_superuser"),
    ("users", {"role": "root_admin"}, "role"),
    ("groups", {"name": ""}, "name"),
    ("groups", {"domain": MISSING}, "domain"),
    ("groups", {"auth": 1}, "auth"),
    ("roles", {"name": ""}, "name"),
    ("roles", {"permissions": []}, "permissions"),
    ("roles", {"permissions": "compute.view"}, "permissions"),
    ("roles", {"permissions": ["compute.fly"]}, "permissions"),
    ("roles", {"permissions": ["infrastructure.manage"]}, "permissions"),
    ("roles", {"permissions": [["compute.view"]]}, "permissions"),
    ("roles", {"domain": MISSING}, "domain"),
    ("roles", {"code": "root_admin"}, "code"),
    ("grants", {"role": "member"}, "role"),
    ("grants", {"role": MISSING}, "role"),
    ("grants", {"user": MISSING}, "user"),
    ("grants", {"group": MISSING}, "group"),
    ("grants", {"domain": MISSING}, "domain"),
    ("grants", {"account": None}, "account"),
]

Bodies = Callable[[str], dict[str, Any]]


@pytest.fixture
def bodies(cloud: Cloud, tenant: Actor) -> Bodies:
    """A right body for each endpoint."""
    zone, home = str(cloud.zone.uuid), factories.account()
    network = factories.network(tenant, cloud.zone)
    member = str(Role.objects.get(code="member").uuid)
    person = str(User.objects.get(pk=tenant.user_id).uuid)

    def body(noun: str) -> dict[str, Any]:
        return {
            "instances": lambda: {
                "name": "right",
                "zone": zone,
                "offering": str(cloud.offering.uuid),
                "template": str(cloud.template.uuid),
                "networks": [str(network.uuid)],
            },
            "networks": lambda: {"name": "right", "zone": zone, "cidr": "10.9.0.0/24"},
            "ssh-keys": lambda: {"name": "right", "public_key": PUBLIC_KEY},
            "templates": lambda: {"name": "right", "zone": zone, "url": "https://example.com/image.qcow2"},
            "api-keys": lambda: {"name": "right"},
            "zones": lambda: {
                "name": "right",
                "network_url": cloud.zone.network_url,
                "public_cidr": "198.51.100.0/24",
                "public_gateway": "198.51.100.1",
                "dns_servers": ["9.9.9.9"],
            },
            "pods": lambda: {"name": "right", "zone": zone},
            "clusters": lambda: {"name": "right", "pod": str(cloud.cluster.pod.uuid), "hypervisor": "simulator"},
            "hosts": lambda: {"name": "right", "cluster": str(cloud.cluster.uuid), "url": "simulator:///no/such#host"},
            "offerings": lambda: {
                "name": "right",
                "cpus": 1,
                "memory_mib": 512,
                "root_disk": str(cloud.offering.root_disk.uuid),
            },
            "disk-offerings": lambda: {"name": "right"},
            "pools": lambda: {
                "name": "right",
                "cluster": str(cloud.cluster.uuid),
                "url": cloud.pool.url,
                "path": "/pools/right",
            },
            "stores": lambda: {"name": "right", "zone": zone, "path": cloud.store.path},
            "accounts": lambda: {"name": "right", "domain": str(home.domain.uuid)},
            "users": lambda: {"username": "right", "password": factories.PASSWORD, "account": str(home.uuid)},
            "domains": lambda: {"name": "right", "parent": str(home.domain.uuid)},
            "groups": lambda: {"name": "right", "domain": str(home.domain.uuid)},
            "roles": lambda: {"name": "right", "domain": str(home.domain.uuid), "permissions": ["compute.view"]},
            "grants": lambda: {"role": member, "user": person, "account": str(home.uuid)},
        }[noun]()

    return body


PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPEqvJ+QCKdFAQCUM3bHqvqZr1eR0jjBYHNVLwTb4f8q right@home"


def counts() -> list[int]:
    return [apps.get_model(label).objects.count() for label in COUNTED] + [Job.objects.count()]


def refusals(api: Api, bodies: Bodies, wrong: list[tuple[str, dict[str, Any], str]]) -> list[str]:
    """The cases that were not refused as they should be."""
    surprising = []
    for noun, change, field in wrong:
        body = bodies(noun) | change
        before = counts()
        answer = api.post(f"{noun}/", body)
        named = set(messages(answer)) if answer.status_code == 400 else answer.content[:200]
        if answer.status_code != 400 or field not in named or counts() != before:
            surprising.append(f"{noun} {change}: {answer.status_code} {named}")
    return surprising


def test_tenants_are_told_what_is_wrong(tenant: Actor, bodies: Bodies) -> None:
    assert refusals(Api(tenant), bodies, WRONG_FOR_TENANTS) == []


def test_operators_are_told_what_is_wrong(operator: Actor, bodies: Bodies) -> None:
    assert refusals(Api(operator), bodies, WRONG_FOR_OPERATORS) == []


def test_what_is_right_is_taken(operator: Actor, tenant: Actor, bodies: Bodies) -> None:
    """The control of the above: it is the change that is refused."""
    for noun in ("instances", "networks", "ssh-keys", "api-keys"):
        answer = Api(tenant).post(f"{noun}/", bodies(noun))
        assert answer.status_code in (201, 202), (noun, answer.content)
    for noun in dict.fromkeys(noun for noun, _, _ in WRONG_FOR_OPERATORS):
        answer = Api(operator).post(f"{noun}/", bodies(noun))
        expected = 422 if noun == "hosts" else 201
        assert answer.status_code == expected, (noun, answer.content)


@pytest.mark.parametrize(
    "noun", ["zones", "pods", "clusters", "hosts", "offerings", "disk-offerings", "pools", "stores", "domains"]
)
def test_tenants_make_nothing_of_the_cloud(noun: str, tenant: Actor, bodies: Bodies) -> None:
    answer = Api(tenant).post(f"{noun}/", bodies(noun))

    # Where the body names what a tenant can't see, it is told that there is no such thing.
    assert answer.status_code in (400, 403)
    assert answer.status_code == 403 or all(
        "There is no such" in text for texts in messages(answer).values() for text in texts
    )


def test_what_is_foreign_is_answered_like_what_is_missing(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, bodies: Bodies
) -> None:
    foreign = {
        "networks": [str(factories.network(other_tenant, cloud.zone).uuid)],
        "template": str(factories.template(cloud.zone, is_public=False).uuid),
        "account": str(factories.Account.objects.get(pk=other_tenant.account_id).uuid),
    }
    missing = {"networks": [MISSING], "template": MISSING, "account": MISSING}
    api, body = Api(tenant), bodies("instances")

    answers = [api.post("instances/", body | change) for change in (foreign, missing)]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert messages(answers[0]) == messages(answers[1])
    assert set(messages(answers[0])) == {"networks", "template", "account"}


def test_a_name_is_taken_once(tenant: Actor, bodies: Bodies) -> None:
    api, body = Api(tenant), bodies("ssh-keys")
    assert api.post("ssh-keys/", body).status_code == 201

    answer = api.post("ssh-keys/", body)

    assert answer.status_code == 400
    assert messages(answer) == {"name": ["Another SSH key of this account has that name."]}


def test_networks_of_an_account_do_not_overlap(tenant: Actor, bodies: Bodies) -> None:
    api, body = Api(tenant), bodies("networks")
    assert api.post("networks/", body).status_code == 202

    assert "cidr" in messages(api.post("networks/", body | {"name": "other", "cidr": "10.9.0.0/16"}))


def test_a_change_names_something(operator: Actor, cloud: Cloud) -> None:
    api = Api(operator)

    assert api.patch(f"zones/{cloud.zone.uuid}/", {}).status_code == 400
    assert messages(api.patch(f"zones/{cloud.zone.uuid}/", {"network_url": "x"})) == {
        "network_url": ["There is no field “network_url” here."]
    }
