"""Limits over REST."""

from __future__ import annotations

from typing import Any

import pytest

from cloudportal.core.errors import LimitExceeded
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account
from tenants.resources import BY_NAME
from tenants.services.limits import set_account_limits, set_domain_limits
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud


@pytest.fixture
def owner(tenant: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=tenant.account_id)


def shown(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return {row["resource"]: row for row in answer.json()["limits"]}


def test_a_member_sees_what_the_account_has_and_has_left(api: Api, tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)

    answer = api.get("limits/")

    assert list(shown(answer)) == list(BY_NAME)
    assert answer.json()["owner"] == {"type": "account", "id": str(owner.uuid), "name": owner.name}
    assert (answer.json()["may_change"], answer.json()["warnings"]) == (False, [])
    assert shown(answer)["instances"] == {
        "resource": "instances", "unit": "", "limit": 20, "is_default": True, "used": 1, "left": 19,
        "bound_above": False, "is_exceeded": False,
    }  # fmt: skip
    assert shown(answer)["primary_gib"]["used"] == cloud.template.size_bytes / 2**30
    assert shown(api.get(f"accounts/{owner.uuid}/limits/")) == shown(answer)


def test_what_a_domain_above_leaves_is_told_without_its_name(api: Api, owner: Account) -> None:
    set_domain_limits(SYSTEM, domain=owner.domain, limits={"instances": 2})

    row = shown(api.get("limits/"))["instances"]

    assert (row["limit"], row["left"], row["bound_above"]) == (20, 2, True)
    assert owner.domain.name not in api.get("limits/").content.decode()


def test_an_operator_changes_them_and_the_answer_says_what_is_beyond(
    operator_api: Api, tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    factories.instance(tenant, cloud)

    answer = operator_api.patch(f"accounts/{owner.uuid}/limits/", {"instances": 0, "cpus": -1, "primary_gib": 7})

    rows = shown(answer)
    assert (rows["instances"]["limit"], rows["instances"]["left"], rows["instances"]["is_exceeded"]) == (0, 0, True)
    assert (rows["cpus"]["limit"], rows["cpus"]["left"]) == (-1, None)
    assert rows["primary_gib"]["limit"] == 7
    assert answer.json()["warnings"] == [
        "Instances: 1 used, 0 allowed. What is there stays; nothing more can be made until less than that is used."
    ]
    back = operator_api.patch(f"accounts/{owner.uuid}/limits/", {"instances": None})
    assert (shown(back)["instances"]["limit"], shown(back)["instances"]["is_default"]) == (20, True)


def test_a_refusal_is_a_problem_with_all_figures(api: Api, tenant: Actor, owner: Account, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    set_account_limits(SYSTEM, account=owner, limits={"cpus": 0})
    body = {
        "name": "web-1", "zone": str(cloud.zone.uuid), "offering": str(cloud.offering.uuid),
        "template": str(cloud.template.uuid), "networks": [str(network.uuid)],
    }  # fmt: skip

    answer = api.post("instances/", body)

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (LimitExceeded.status, "limit-exceeded")
    assert problem["detail"] == f"Account {owner} may have 0 CPUs: 0 used, 0 left, and this takes 1."
    told = {name: problem[name] for name in ("resource", "limit", "used", "left", "wanted")}
    assert told == {"resource": "cpus", "limit": 0, "used": 0, "left": 0, "wanted": 1}
    assert problem["owner"]["id"] == str(owner.uuid)
    assert api.get("instances/").json()["results"] == []


def test_tenants_may_not_change_their_own(api: Api, owner: Account) -> None:
    assert api.patch(f"accounts/{owner.uuid}/limits/", {"instances": 1000}).status_code == 403
    assert api.patch(f"domains/{owner.domain.uuid}/limits/", {"instances": 1000}).status_code == 404
    assert shown(api.get("limits/"))["instances"]["limit"] == 20


def test_a_domain_admin_changes_accounts_and_not_the_domain(owner: Account) -> None:
    admin = Api(actor_of(factories.user("domain_admin", on=owner.domain)))

    assert shown(admin.patch(f"accounts/{owner.uuid}/limits/", {"vpcs": 3}))["vpcs"]["limit"] == 3
    assert shown(admin.get(f"domains/{owner.domain.uuid}/limits/"))["vpcs"]["limit"] == -1
    refused = admin.patch(f"domains/{owner.domain.uuid}/limits/", {"vpcs": 3})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission-denied")
    assert admin.get(f"domains/{owner.domain.uuid}/limits/").json()["may_change"] is False


def test_a_domains_use_is_the_sum_of_its_accounts(
    operator_api: Api, tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    factories.network(tenant, cloud.zone)

    before = shown(operator_api.get(f"domains/{owner.domain.uuid}/limits/"))["networks"]
    after = shown(operator_api.patch(f"domains/{owner.domain.uuid}/limits/", {"networks": 4}))["networks"]

    assert (before["limit"], before["used"], before["left"]) == (-1, 1, None)
    assert (after["limit"], after["used"], after["left"]) == (4, 1, 3)


@pytest.mark.parametrize(
    ("body", "field"),
    [({"instances": -2}, "instances"), ({"instances": "many"}, "instances"), ({"pigeons": 1}, "pigeons"), ({}, "")],
)
def test_bad_input_stands_at_its_field(operator_api: Api, owner: Account, body: dict[str, Any], field: str) -> None:
    answer = operator_api.patch(f"accounts/{owner.uuid}/limits/", body)

    assert answer.status_code == 400
    assert list(messages(answer)) == [field]
