"""Filters that every list has, and an index behind each order of the long ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from compute.api.instances import InstanceViewSet
from compute.models import SSHKey
from network.api.networks import NetworkViewSet
from storage.api.templates import TemplateViewSet
from storage.api.volumes import VolumeViewSet
from tenants.actor import Actor
from tests.api.client import Api, messages
from tests.api.test_compiled import keys
from tests.api.test_lists import LISTS, names

LONG = {
    "instances": InstanceViewSet, "volumes": VolumeViewSet, "networks": NetworkViewSet, "templates": TemplateViewSet,
}  # fmt: skip


def test_lists_are_narrowed_by_ids_and_by_when_things_were_made(api: Api, other_api: Api, tenant: Actor) -> None:
    keys(tenant, "old", "middle", "new")
    for number, key in enumerate(SSHKey.objects.order_by("-id")):
        SSHKey.objects.filter(pk=key.pk).update(created_at=key.created_at - timedelta(days=number))
    found = {key.name: key for key in SSHKey.objects.all()}

    def listed(by: Api = api, **query: Any) -> list[str]:
        return names(by.get("ssh-keys/", sort="created_at", **query).json())

    middle = found["middle"].created_at.isoformat()
    assert listed(created_since=middle) == ["middle", "new"]
    assert listed(created_until=middle) == ["old"]
    ids = [str(found["old"].uuid), str(found["new"].uuid), str(uuid4())]
    assert listed(id=ids) == ["old", "new"]
    assert listed(other_api, id=ids) == []


@pytest.mark.parametrize("noun", [noun for noun in LISTS if noun not in ("events", "public-addresses")])
def test_every_list_has_them_and_refuses_nonsense(api: Api, operator_api: Api, noun: str) -> None:
    known = {"id": str(uuid4()), "created_since": "2026-01-01T00:00:00Z", "created_until": "2027-01-01T00:00:00+01:00"}
    assert operator_api.get(f"{noun}/", **known).json()["results"] == []

    for name, value in {"id": "x", "created_since": "yesterday", "created_until": "1"}.items():
        refused = api.get(f"{noun}/", **{name: value})
        assert refused.status_code == 400
        assert set(messages(refused)) == {name}


def test_ids_are_bounded(api: Api) -> None:
    assert set(messages(api.get("ssh-keys/", id=[str(uuid4()) for _ in range(201)]))) == {"id"}


@pytest.mark.parametrize(
    ("noun", "sort"), [(noun, sort) for noun, view in LONG.items() for sort in view.sorting.choices]
)
def test_no_order_of_a_long_list_sorts_all_of_it(operator_api: Api, noun: str, sort: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        operator_api.get(f"{noun}/", sort=sort)
    sql = queries.captured_queries[-1]["sql"]

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute("PREPARE asked AS " + sql)
        cursor.execute("SELECT count(*) FROM pg_prepared_statements, unnest(parameter_types) WHERE name = 'asked'")
        values = ", ".join(["NULL"] * cursor.fetchone()[0])
        cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked{f'({values})' if values else ''}")
        plan = cursor.fetchone()[0]
        cursor.execute("DEALLOCATE asked")

    outer = _outer_nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    assert "Sort" not in outer
    assert any("Index" in node for node in outer)


def _outer_nodes(node: dict[str, Any]) -> list[str]:
    """The nodes of a plan without those of the small lists inside each row."""
    around = ("SubPlan", "InitPlan")
    inner = [child for child in node.get("Plans", ()) if child.get("Parent Relationship") not in around]
    return [node["Node Type"], *[name for child in inner for name in _outer_nodes(child)]]
