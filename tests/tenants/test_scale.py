"""With 25,000 accounts: one statement says who acts, and lists are found by indexes. Plans are judged, not clocks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q, QuerySet

from compute import selectors as compute
from compute.models import SSHKey
from network import selectors as network
from network.models import Network
from storage import selectors as storage
from tenants import selectors
from tenants.actor import _GRANTED_NOW, SYSTEM, Actor, actor_of
from tenants.models import Account, User
from tenants.roles import sync_built_in_roles
from tenants.services.domains import create_domain
from tests import factories
from tests.factories import Cloud

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

ACCOUNTS = 25_000
_DOMAINS = """
INSERT INTO tenants_domain (uuid, name, parent_id, path)
SELECT gen_random_uuid(), 'd' || n, %(root)s, '' || gen_random_uuid() FROM generate_series(1, 500) n
"""
_PATHS = "UPDATE tenants_domain SET path = %(path)s || id || '/' WHERE path NOT LIKE '/%%'"
_ACCOUNTS = """
INSERT INTO tenants_account (uuid, domain_id, name)
SELECT gen_random_uuid(), d.id, 'a' || n FROM generate_series(1, %(each)s) n,
       (SELECT id FROM tenants_domain WHERE name ~ '^d[0-9]+$') d
"""
_USERS = """
INSERT INTO tenants_user (uuid, password, is_superuser, username, first_name, last_name, email, is_staff, is_active,
                          date_joined, account_id)
SELECT gen_random_uuid(), '', false, 'u' || id, '', '', '', false, true, now(), id FROM tenants_account
WHERE name ~ '^a[0-9]+$'
"""
_GRANTS = """
INSERT INTO tenants_accountuserobjectpermission (user_id, content_object_id, permission_id)
SELECT u.id, u.account_id, (SELECT on_account_id FROM tenants_role WHERE code = 'member') FROM tenants_user u
WHERE u.username ~ '^u[0-9]+$'
"""
# Every account has two projects, and manages them.
_PROJECT_ACCOUNTS = """
INSERT INTO tenants_account (uuid, domain_id, name)
SELECT gen_random_uuid(), a.domain_id, 'p' || a.id || '-' || n FROM tenants_account a, generate_series(1, 2) n
WHERE a.name ~ '^a[0-9]+$'
"""
_PROJECTS = """
INSERT INTO tenants_project (uuid, account_id, owner_id, description)
SELECT p.uuid, p.id, substring(p.name FROM '^p([0-9]+)-')::bigint, '' FROM tenants_account p WHERE p.name ~ '^p[0-9]+-'
"""
_OWNERS = """
INSERT INTO tenants_accountuserobjectpermission (user_id, content_object_id, permission_id)
SELECT u.id, u.account_id, (SELECT on_account_id FROM tenants_role WHERE code = 'account_owner') FROM tenants_user u
WHERE u.username ~ '^u[0-9]+$'
"""
_KEYS = """
INSERT INTO compute_sshkey (uuid, account_id, name, public_key, fingerprint)
SELECT gen_random_uuid(), id, 'k', 'x', 'y' FROM tenants_account WHERE name ~ '^a[0-9]+$'
"""


@pytest.fixture
def crowd(db: None) -> None:
    """25,000 accounts in 500 domains, each with a user, a grant and an SSH key."""
    sync_built_in_roles()
    root = factories.root()
    with connection.cursor() as cursor:
        values = {"root": root.pk, "path": root.path, "each": ACCOUNTS // 500}
        for statement in (_DOMAINS, _PATHS, _ACCOUNTS, _USERS, _GRANTS, _KEYS):
            cursor.execute(statement, values)
        for table in ("domain", "account", "user", "accountuserobjectpermission", "role"):
            cursor.execute(f"ANALYZE tenants_{table}")
        cursor.execute("ANALYZE compute_sshkey")


@pytest.fixture
def owners(crowd: None) -> None:
    """All of them own two projects each."""
    with connection.cursor() as cursor:
        for statement in (_PROJECT_ACCOUNTS, _PROJECTS, _OWNERS):
            cursor.execute(statement)
        for table in ("account", "project", "accountuserobjectpermission"):
            cursor.execute(f"ANALYZE tenants_{table}")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def explained(sql: str, params: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
    return list(nodes((json.loads(found) if isinstance(found, str) else found)[0]["Plan"]))


def touched(plan: list[dict[str, Any]], relation: str) -> int:
    """Rows of a table that the plan read, filtered out or not."""
    return sum(
        int((node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"])
        for node in plan
        if node.get("Relation Name") == relation
    )


def rows_of(queryset: QuerySet[Any]) -> list[dict[str, Any]]:
    sql, params = queryset.query.sql_with_params()
    return explained(sql, params)


def test_who_acts_is_found_by_keys(crowd: None, django_assert_num_queries: Any) -> None:
    user = User.objects.filter(username__regex="^u[0-9]+$").latest("pk")
    plan = explained(_GRANTED_NOW, {"user": user.pk})

    for table in ("tenants_user", "tenants_account", "tenants_domain", "tenants_accountuserobjectpermission"):
        assert touched(plan, table) < 20, table
    with django_assert_num_queries(1):
        actor = actor_of(user)
    assert actor.may("compute.manage", Account.objects.select_related("domain").get(pk=user.account_id))


def test_projects_that_one_manages_are_found_by_keys(owners: None, django_assert_num_queries: Any) -> None:
    user = User.objects.filter(username__regex="^u[0-9]+$").latest("pk")
    plan = explained(_GRANTED_NOW, {"user": user.pk})

    for table in ("tenants_user", "tenants_account", "tenants_domain", "tenants_accountuserobjectpermission"):
        assert touched(plan, table) < 20, table
    assert touched(plan, "tenants_project") < 10
    with django_assert_num_queries(1):
        actor = actor_of(user)
    projects = Account.objects.filter(project__owner=user.account_id).select_related("domain")
    assert [actor.may("compute.manage", project) for project in projects] == [True, True]
    assert touched(rows_of(selectors.projects(actor).order_by("-pk")[:50]), "tenants_project") <= 10


def test_lists_read_no_more_than_they_may_show(crowd: None) -> None:
    member = actor_of(User.objects.filter(username__regex="^u[0-9]+$").latest("pk"))
    home = Account.objects.select_related("domain").get(pk=member.account_id)
    admin = actor_of(factories.user("domain_admin", on=home.domain))

    def most(actor: Actor, queryset: QuerySet[Any], table: str) -> int:
        return touched(rows_of(queryset.order_by("-pk")[:50]), table)

    assert most(member, compute.ssh_keys(member), "compute_sshkey") <= 2
    assert most(admin, compute.ssh_keys(admin), "compute_sshkey") <= 200
    assert most(admin, selectors.accounts(admin), "tenants_account") <= 500
    assert most(admin, selectors.users(admin), "tenants_user") <= 500
    assert set(compute.ssh_keys(admin)) == set(SSHKey.objects.filter(account__domain=home.domain))


def test_a_hundred_grants_are_one_statement(crowd: None, django_assert_num_queries: Any) -> None:
    user = User.objects.filter(username__regex="^u[0-9]+$").latest("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_accountuserobjectpermission (user_id, content_object_id, permission_id) "
            "SELECT %s, id, (SELECT on_account_id FROM tenants_role WHERE code = 'reader') FROM tenants_account "
            "WHERE name ~ '^a[0-9]+$' ORDER BY id LIMIT 100",
            [user.pk],
        )

    with django_assert_num_queries(1):
        actor = actor_of(user)

    assert actor.accounts("compute.view").count() in (100, 101)


_NETWORKS = """
INSERT INTO network_network (uuid, account_id, name, zone_id, cidr, domain, mtu, state)
SELECT gen_random_uuid(), id, 'n', %(zone)s, '10.0.0.0/16', 'internal', 1442, 'Implemented'
FROM tenants_account WHERE name ~ '^a[0-9]+$'
"""
_SHARES = """
INSERT INTO {table} (uuid, account_id, resource_id)
SELECT gen_random_uuid(), %(receiver)s, t.id FROM {things} t
JOIN tenants_account a ON a.id = t.account_id AND a.name ~ '^a[0-9]+$' WHERE t.account_id <> %(receiver)s
ORDER BY t.id LIMIT {most}
"""
_SHARES_OF_ALL = """
INSERT INTO {table} (uuid, account_id, resource_id)
SELECT gen_random_uuid(), lead(t.account_id) OVER (ORDER BY t.id), t.id FROM {things} t
JOIN tenants_account a ON a.id = t.account_id AND a.name ~ '^a[0-9]+$' ORDER BY t.id LIMIT 24000
"""


_TEMPLATES = """
INSERT INTO storage_template (uuid, account_id, name, store_id, os_type, format, source_url, checksum, size_bytes,
                              file_bytes, is_public, state, price_per_gib_hour)
SELECT gen_random_uuid(), id, 't', %(store)s, 'Linux', 'raw', '', '', 0, 0, false, 'Ready', 0
FROM tenants_account WHERE name ~ '^a[0-9]+$'
"""


def test_lists_with_shares_read_no_more_than_they_may_show(crowd: None, cloud: Cloud) -> None:
    """Every account has one of each, and shares key and network with its neighbour; one has thirty more of those."""
    member = actor_of(User.objects.filter(username__regex="^u[0-9]+$").latest("pk"))
    home = Account.objects.select_related("domain").get(pk=member.account_id)
    admin = actor_of(factories.user("domain_admin", on=home.domain))
    shared = (("compute_sshkeyshare", "compute_sshkey"), ("network_networkshare", "network_network"))
    with connection.cursor() as cursor:
        cursor.execute(_NETWORKS, {"zone": cloud.zone.pk})
        cursor.execute(_TEMPLATES, {"store": cloud.store.pk})
        cursor.execute("ANALYZE storage_template")
        for table, things in shared:
            cursor.execute(_SHARES_OF_ALL.format(table=table, things=things))
            cursor.execute(_SHARES.format(table=table, things=things, most=30), {"receiver": home.pk})
            cursor.execute(f"ANALYZE {table}")
            cursor.execute(f"ANALYZE {things}")

    for selector, (table, things) in ((compute.ssh_keys, shared[0]), (network.networks, shared[1])):
        plan = rows_of(selector(member).order_by("-pk")[:50])
        assert touched(plan, things) <= 40, things
        assert touched(plan, table) <= 40, table
        plan = rows_of(selector(member).order_by("name", "pk")[:50])
        assert touched(plan, things) <= 40, things
        plan = rows_of(selector(admin).order_by("-pk")[:50])
        assert touched(plan, things) <= 300, things
        assert touched(plan, table) <= 300, table
        assert touched(plan, "tenants_account") <= 300
    assert compute.ssh_keys(member).count() in (31, 32)
    # Those for everybody have an index of their own.
    assert touched(rows_of(storage.templates(member).order_by("-pk")[:50]), "storage_template") <= 20


def test_who_sees_nearly_everything_reads_in_the_order_of_the_list(crowd: None, cloud: Cloud) -> None:
    above = create_domain(SYSTEM, name="above", parent=factories.root())
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tenants_domain SET path = %s || id || '/', parent_id = %s "
            "WHERE name ~ '^d[0-9]+$' AND id %% 10 > 0",
            [above.path, above.pk],
        )
        cursor.execute(_NETWORKS, {"zone": cloud.zone.pk})
        cursor.execute(_SHARES_OF_ALL.format(table="network_networkshare", things="network_network"))
        for table in ("tenants_domain", "network_network", "network_networkshare"):
            cursor.execute(f"ANALYZE {table}")
    admin = actor_of(factories.user("domain_admin", on=above))

    for order in (("-pk",), ("name", "pk")):
        plan = rows_of(network.networks(admin).order_by(*order)[:50])
        assert touched(plan, "network_network") <= 500, order
        assert touched(plan, "tenants_account") <= 1_500, order
        assert touched(plan, "network_networkshare") <= 500, order
    seen = Q(account__domain__path__startswith=above.path) | Q(shares__account__domain__path__startswith=above.path)
    assert network.networks(admin).count() == Network.objects.filter(seen).distinct().count() > 22_000
