"""``?fields=``: no more is read and sent than was asked for."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.actor import Actor
from tests import factories
from tests.api.client import Api, messages
from tests.factories import Cloud


def test_lists_and_details_show_what_was_asked_for(api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud, name="web-1")

    with CaptureQueriesContext(connection) as queries:
        page = api.get("instances/", fields="name,zone, id").json()

    assert [list(row) for row in page["results"]] == [["id", "name", "zone"]]
    read = queries.captured_queries[-1]["sql"]
    assert "power_state" not in read
    assert "compute_nic" not in read
    assert api.get(f"instances/{instance.uuid}/", fields="allowed").json() == {
        "allowed": api.get(f"instances/{instance.uuid}/").json()["allowed"]
    }


def test_pages_keep_the_choice(api: Api, tenant: Actor, cloud: Cloud) -> None:
    for name in ("a", "b"):
        factories.deployment(tenant, cloud, name=name)

    page = api.get("instances/", fields="name", limit=1, sort="name").json()

    assert api.get(page["next"]).json()["results"] == [{"name": "b"}]


@pytest.mark.parametrize("fields", ["nothing", "name,", ",", "host", "id,last_host", "user_data"])
def test_a_field_that_a_tenant_is_not_shown_does_not_exist(api: Api, tenant: Actor, cloud: Cloud, fields: str) -> None:
    instance = factories.instance(tenant, cloud)

    for address in ("instances/", f"instances/{instance.uuid}/"):
        refused = api.get(address, fields=fields)
        assert refused.status_code == 400
        [words] = messages(refused)["fields"]
        assert "power_state" in words
        assert "host," not in words.partition("there are")[2]


def test_operators_choose_among_theirs(operator_api: Api, tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    shown = operator_api.get(f"instances/{instance.uuid}/", fields="host").json()

    assert shown["host"]["name"] == instance.host.name
