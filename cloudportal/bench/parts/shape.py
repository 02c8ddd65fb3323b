"""A cloud in which every list is long: the shape whose lists CloudStack's project published averages of."""

from __future__ import annotations

import random
from typing import Any

from django.db import connection

from cloudportal.bench.parts import estate_sql, shape_sql
from cloudportal.bench.parts.estate import quickly
from cloudportal.bench.parts.hosts import add_hosts
from cloudportal.bench.parts.simulated import new_tenant, simulated_zone
from cloudportal.demo.people import ensure_account, ensure_domain, ensure_login
from cloudportal.infrastructure.models import Host
from cloudportal.infrastructure.services.scheduling import refresh_schedulable
from compute.models import ServiceOffering
from storage.models import DiskOffering
from tenants.actor import SYSTEM
from tenants.models import Domain, IdentityProvider
from tenants.services.roles import create_role
from tenants.services.sign_in_policies import change_sign_in_policy

CUSTOMERS = 25
DEPARTMENTS_EACH = 20
JOBS_EACH, EVENTS_EACH, VOLUMES_EACH = 2, 4, 2


def seed_shape(*, hosts: int, accounts: int, instances: int, tenant_instances: int) -> dict[str, str]:
    """Fill the database; the keys of a tenant, of the admin of a domain with a 25th of all, and of a root admin."""
    zone, _, template = simulated_zone(hosts=1)
    add_hosts(zone, hosts, random.Random(hosts))  # noqa: S311 - a data centre, not a secret
    refresh_schedulable(Host.objects.filter(zone=zone))
    root = ensure_domain("ROOT", None)
    customers = [_customer(root, number) for number in range(CUSTOMERS)]
    tenant, key = new_tenant("tenant")
    home = ensure_account(customers[0], "staff")
    admin = ensure_login(home, "domain-admin", "domain_admin", customers[0], {})
    operator = ensure_login(ensure_account(root, "operators"), "root-admin", "root_admin", root, {})
    facts = {
        "zone": zone.pk, "template": template.pk, "tenant": tenant.pk, "accounts": accounts, "instances": instances,
        "offerings": list(ServiceOffering.objects.values_list("pk", flat=True)),
        "disk_offering": DiskOffering.objects.values_list("pk", flat=True)[0],
        "customers": [customer.pk for customer in customers], "departments": DEPARTMENTS_EACH,
        "every": max(1, instances // tenant_instances),
        "jobs_each": JOBS_EACH, "events_each": EVENTS_EACH, "volumes_each": VOLUMES_EACH,
    }  # fmt: skip
    _fill(facts)
    return {"tenant": key, "domain admin": admin.api_key, "root": operator.api_key}


def _customer(root: Domain, number: int) -> Domain:
    """A domain with what there is one of in each: a role, a provider to sign in with, a policy."""
    domain = ensure_domain(f"customer-{number}", root)
    create_role(SYSTEM, domain=domain, name="Helpdesk", permissions=["compute.view", "users.view"])
    # Its service looks the issuer up, which is nobody's.
    IdentityProvider(domain=domain, name="Staff", issuer=f"https://id{number}.example.org", client_id="portal").save()
    change_sign_in_policy(SYSTEM, domain=domain, password_min_length=14)
    return domain


def _fill(facts: dict[str, Any]) -> None:
    with connection.cursor() as cursor, quickly(cursor):
        cursor.execute(shape_sql.DEPARTMENTS, facts)
        facts["domains"] = [key for (key,) in cursor.fetchall()]
        for statement in (estate_sql.ACCOUNTS, estate_sql.NETWORKS, estate_sql.INSTANCES):
            cursor.execute(statement, facts)
        cursor.execute(estate_sql.PORTS)
        cursor.execute("ANALYZE")
        cursor.execute(estate_sql.NICS)
        for statement in shape_sql.STATEMENTS:
            cursor.execute(statement, facts)
