"""Settings over REST."""

from __future__ import annotations

import pytest

from cloudportal.core.configuration import SETTINGS, value_of
from compute.settings import EXPUNGE_DELAY, STOP_GRACE
from tenants.actor import Actor, actor_of
from tenants.models import Account
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud

NAME = f"settings/{EXPUNGE_DELAY.name}/"


@pytest.fixture
def operators(operator: Actor) -> Api:
    return Api(operator)


def test_an_operator_changes_one_for_a_zone_and_takes_it_back(operators: Api, cloud: Cloud) -> None:
    changed = operators.patch(NAME, {"value": 3600, "zone": str(cloud.zone.uuid)})

    assert (changed.status_code, changed.json()["value"], changed.json()["source"]) == (200, 3600, "zone")
    assert value_of(EXPUNGE_DELAY, cloud.zone) == 3600
    (override,) = operators.get(NAME).json()["overrides"]
    assert override == {"scope": "zone", "id": str(cloud.zone.uuid), "name": cloud.zone.name, "value": 3600}
    listed = operators.get("settings/", zone=str(cloud.zone.uuid)).json()["results"]
    assert {row["name"]: row["value"] for row in listed}[EXPUNGE_DELAY.name] == 3600

    reset = operators.post(f"{NAME}reset/", {"zone": str(cloud.zone.uuid)})

    assert (reset.json()["value"], reset.json()["source"]) == (86_400, "default")


def test_bad_input_is_said_at_its_field(operators: Api, cloud: Cloud) -> None:
    zone = str(cloud.zone.uuid)

    assert "from 0 to" in messages(operators.patch(NAME, {"value": -1}))["value"][0]
    assert messages(operators.patch(NAME, {}))["value"]
    assert messages(operators.patch(NAME, {"value": 1, "zone": "x"}))["zone"]
    assert messages(operators.patch(NAME, {"value": 1, "cluster": str(cloud.cluster.uuid)}))["place"]
    both = {"value": 1, "zone": zone, "account": str(factories.account().uuid)}
    assert "one place" in messages(operators.patch(NAME, both))[""][0]
    assert messages(operators.get("settings/", colour="red"))["colour"]
    assert operators.get("settings/", zone="nonsense").status_code == 404
    assert operators.patch("settings/no.such_setting/", {"value": 1}).status_code == 404


def test_a_domain_admin_sees_what_is_delegated_and_no_more(tenant: Actor) -> None:
    account = Account.objects.get(pk=tenant.account_id)
    admin = Api(actor_of(factories.user("domain_admin", of=account, on=account.domain)))

    listed = admin.get("settings/").json()["results"]
    changed = admin.patch(f"settings/{STOP_GRACE.name}/", {"value": 20, "account": str(account.uuid)})
    foreign = admin.patch(f"settings/{STOP_GRACE.name}/", {"value": 20, "account": str(factories.account().uuid)})

    names = [row["name"] for row in listed]
    assert STOP_GRACE.name in names
    assert names == sorted(name for name, setting in SETTINGS.items() if setting.delegated)
    assert changed.status_code == 200
    assert messages(foreign)["account"] == ["There is no such account."]
    assert admin.patch(NAME, {"value": 1}).status_code == 404
