"""Usage as a sum and as files."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from typing import Any

import pytest

from accounting.folding import fold_waiting
from cloudportal.core.models import UsageEvent
from tenants.actor import Actor
from tenants.models import Account
from tests.api.client import Api, messages
from tests.factories import Cloud

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def held(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> dt.datetime:
    """Since when two tenants have held something that costs."""
    start = dt.datetime.now(dt.UTC).replace(minute=0, second=0, microsecond=0) - 3 * HOUR
    for actor, name in ((tenant, "=mine"), (other_tenant, "theirs")):
        UsageEvent.objects.create(
            account_id=actor.account_id, zone_id=cloud.zone.pk, resource_type="compute.instance",
            resource_uuid=Account.objects.get(pk=actor.account_id).uuid, resource_name=name,
            meters={"running": {"quantity": "2", "unit": "CPUs", "price_per_hour": "0.01"}},
            at=start,
        )  # fmt: skip
    fold_waiting()
    return start


def period(start: dt.datetime, hours: int = 2) -> dict[str, str]:
    return {"start": start.isoformat(), "end": (start + hours * HOUR).isoformat()}


def test_a_tenant_gets_the_sum_of_its_own(api: Api, held: dt.datetime) -> None:
    report = api.get("usage/", **period(held)).json()

    mine = [row for row in report["results"] if row["meter"] == "running"]
    assert [row["resource_name"] for row in mine] == ["=mine"]
    assert (Decimal(mine[0]["hours"]), Decimal(mine[0]["unit_hours"]), Decimal(mine[0]["cost"])) == (
        2,
        4,
        Decimal("0.04"),
    )
    assert b"theirs" not in api.get("usage/", **period(held)).content


def test_an_operator_gets_everybodys_or_one_accounts(operator_api: Api, other_tenant: Actor, held: dt.datetime) -> None:
    other = str(Account.objects.get(pk=other_tenant.account_id).uuid)

    def names(**more: str) -> set[str]:
        return {row["resource_name"] for row in operator_api.get("usage/", **period(held), **more).json()["results"]}

    assert {"=mine", "theirs"} <= names()
    assert "theirs" in names(account=other)
    assert "=mine" not in names(account=other)


def test_the_files_hold_every_hour(api: Api, held: dt.datetime) -> None:
    as_csv, as_json = (exported(api, held, name) for name in ("csv", "json"))

    rows = [row for row in csv.DictReader(io.StringIO(as_csv)) if row["meter"] == "running"]
    objects = [row for row in json.loads(as_json) if row["meter"] == "running"]
    assert [row["hour"] for row in rows] == [
        (held + number * HOUR).strftime("%Y-%m-%dT%H:00:00Z") for number in range(2)
    ]
    assert [Decimal(row["cost"]) for row in rows] == [Decimal(row["cost"]) for row in objects] == [Decimal("0.02")] * 2
    assert {row["resource_name"] for row in rows} == {"'=mine"}, "a spreadsheet must not take it for a formula"
    assert {row["resource_name"] for row in objects} == {"=mine"}


def test_an_empty_period_is_an_empty_file(api: Api) -> None:
    then = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)

    assert json.loads(exported(api, then, "json")) == []
    assert len(exported(api, then, "csv").splitlines()) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"start": "yesterday"}, "start"),
        ({"start": "2026-02-01", "end": "2026-01-01"}, "end"),
        ({"start": "2001-01-01", "end": "2026-01-01"}, "end"),
        ({"start": "0001-01-01T00:00:00+14:00", "end": "0001-01-02"}, "start"),
        ({"end": "9999-12-31T23:59:59-14:00"}, "end"),
        ({"account": "00000000-0000-4000-8000-000000000000"}, "account"),
        ({"from": "2026-01-01"}, "from"),
    ],
)
@pytest.mark.parametrize("address", ["usage/", "usage/export/"])
def test_periods_that_make_no_sense(api: Api, address: str, query: dict[str, Any], field: str) -> None:
    answer = api.get(address, **query)

    assert answer.status_code == 400
    assert set(messages(answer)) == {field}


def test_other_formats_are_refused(api: Api) -> None:
    assert set(messages(api.get("usage/export/", format="xls"))) == {"format"}


def test_a_foreign_account_is_answered_like_none(api: Api, other_tenant: Actor) -> None:
    foreign = str(Account.objects.get(pk=other_tenant.account_id).uuid)

    answers = [api.get("usage/", account=one) for one in (foreign, "00000000-0000-4000-8000-000000000000")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert messages(answers[0]) == messages(answers[1])


def exported(api: Api, start: dt.datetime, name: str) -> str:
    answer = api.get("usage/export/", **period(start), format=name)
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content).decode()
