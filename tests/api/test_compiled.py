"""SQL that is written once for all callers holds nothing of the one who asked first."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.db.models.sql.compiler import SQLCompiler

from cloudportal.doors import compiled
from cloudportal.doors.api.renderers import OPTIONS
from compute.api.instance_rows import InstanceRow
from compute.models import Instance, SSHKey
from compute.selectors import instances
from tenants.actor import Actor
from tenants.models import Account
from tests import factories
from tests.api.client import Api
from tests.factories import Cloud


def keys(tenant: Actor, *names: str) -> None:
    owner = Account.objects.get(pk=tenant.account_id)
    for name in names:
        SSHKey.objects.create(account=owner, name=name, public_key="ssh-ed25519 AAAA", fingerprint="SHA256:x")


def listed(api: Api, **query: Any) -> list[str]:
    return [row["name"] for row in api.get("ssh-keys/", **query).json()["results"]]


def test_each_asks_with_the_same_words_and_gets_their_own(
    api: Api, other_api: Api, operator_api: Api, tenant: Actor, other_tenant: Actor
) -> None:
    keys(tenant, "a-1", "b-1")
    keys(other_tenant, "a-2", "b-2")

    for _ in range(2):
        assert listed(api, sort="name") == ["a-1", "b-1"]
        assert listed(other_api, sort="name") == ["a-2", "b-2"]
        assert listed(other_api, sort="-name", name="a-") == ["a-2"]
        assert listed(api, sort="-name", name="b-") == ["b-1"]
        assert listed(operator_api, sort="name") == ["a-1", "a-2", "b-1", "b-2"]


def test_a_second_list_is_not_written_again(api: Api, tenant: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(tenant, "a", "b")
    written: list[str] = []
    as_sql = SQLCompiler.as_sql

    def counted(self: Any, *args: Any, **options: Any) -> Any:
        if self.query.model is SSHKey:
            written.append(self.query.model.__name__)
        return as_sql(self, *args, **options)

    monkeypatch.setattr(SQLCompiler, "as_sql", counted)
    first = listed(api, limit=7)
    del written[:]

    assert listed(api, limit=7) == first == ["b", "a"]
    assert written == []


@pytest.mark.parametrize("rows", ["plain", "distinct", "annotated", "none"])
def test_what_is_fetched_is_what_the_query_gives(cloud: Cloud, tenant: Actor, operator: Actor, rows: str) -> None:
    for number in range(3):
        factories.deployment(tenant, cloud, name=f"vm-{number}")
    for actor in (tenant, operator):
        plan = InstanceRow.plan(actor)
        found = instances(actor).order_by()
        found = {"plain": found, "distinct": found.distinct(), "annotated": found.alias(), "none": found.none()}[rows]

        def whole(given: Any, plan: Any = plan) -> Any:
            return plan(given).order_by("-pk")[:2]

        for _ in range(2):
            assert compiled.fetch(found, whole, (plan, rows)) == list(whole(found))


def test_times_json_and_addresses_come_as_the_orm_gives_them(cloud: Cloud, tenant: Actor) -> None:
    instance = factories.instance(tenant, cloud)
    plan = InstanceRow.plan(tenant)
    rows = Instance.objects.filter(pk=instance.pk)

    shown = [orjson.dumps(found, default=str, option=OPTIONS) for found in (plan.one(rows), plan.one(rows))]

    assert shown == [orjson.dumps(plan.render(plan(rows).get()), default=str, option=OPTIONS)] * 2
