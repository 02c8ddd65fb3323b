"""A cloud after years of use: a million instances of thousands of accounts, one of which is looked at."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection
from psycopg import ClientCursor

from cloudportal.bench.parts import estate_sql
from cloudportal.bench.parts.hosts import add_hosts
from cloudportal.bench.parts.simulated import new_tenant, simulated_zone
from cloudportal.demo.people import ensure_domain
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from compute.api.instance_rows import InstanceRow
from compute.models import ServiceOffering
from compute.selectors import instances as visible_instances
from tenants.actor import actor_of
from tenants.limits import recount
from tenants.models import Account, User

DOMAINS = 25
PAGE = 50


def seed_estate(*, hosts: int, accounts: int, instances: int, tenant_instances: int) -> dict[str, str]:
    """Fill the database; the key of the tenant, and the SELECT that stands behind a page of the tenant's list."""
    zone, _, template = simulated_zone(hosts=1)
    add_hosts(zone, hosts, random.Random(hosts))  # noqa: S311 - a data centre, not a secret
    refresh_schedulable(Host.objects.filter(zone=zone))
    tenant, key = new_tenant("tenant")
    root = ensure_domain("ROOT", None)
    facts = {
        "zone": zone.pk, "template": template.pk, "tenant": tenant.pk, "accounts": accounts, "instances": instances,
        "offerings": list(ServiceOffering.objects.values_list("pk", flat=True)),
        "domains": [ensure_domain(f"customer-{number}", root).pk for number in range(DOMAINS)],
        "every": max(1, instances // tenant_instances),
    }  # fmt: skip
    _fill(facts)
    return {"key": key, "select": _select_of_page(tenant)}


def _fill(facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor, quickly(cursor):
        for statement in (estate_sql.ACCOUNTS, estate_sql.NETWORKS, estate_sql.INSTANCES):
            cursor.execute(statement, facts)
        cursor.execute(estate_sql.PORTS)
        cursor.execute("ANALYZE")
        cursor.execute(estate_sql.NICS)


@contextmanager
def quickly(cursor: Any) -> Iterator[None]:
    """Write very many rows. What they refer to is there; asking for each row would triple the time.

    Counters and statistics are right afterwards.
    """
    cursor.execute("SET maintenance_work_mem = '256MB'")
    cursor.execute("SET session_replication_role = replica")
    yield
    cursor.execute("SET session_replication_role = origin")
    recount()
    cursor.execute("VACUUM ANALYZE")
    cursor.execute("CHECKPOINT")


def _select_of_page(tenant: Account) -> str:
    """What the endpoint asks the database for the first page, with its values in it."""
    actor = actor_of(User.objects.get(account=tenant))
    plan = InstanceRow.plan(actor)
    with _heard() as statements:
        list(plan(visible_instances(actor).order_by("-pk"))[: PAGE + 1])
    return statements[-1]


@contextmanager
def _heard() -> Iterator[list[str]]:
    """The statements that Django sends, with their values in them."""
    heard: list[str] = []

    def listen(execute: Any, sql: str, values: Any, many: bool, context: Any) -> Any:
        raw: psycopg.Connection[Any] = context["connection"].connection
        heard.append(ClientCursor(raw).mogrify(sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(listen):
        yield heard
