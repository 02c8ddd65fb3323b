"""An installation from before roles were rows keeps exactly the rights that it had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tenants.actor import actor_of
from tenants.models import Account, Domain, Grant, Group, Role, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BEFORE, AFTER = [("tenants", "0001_initial")], [("tenants", "0004_grant_view")]
MEMBER = [
    "compute.view", "compute.manage", "compute.console", "network.view", "network.manage", "storage.view",
    "storage.manage", "accounting.view", "jobs.view",
]  # fmt: skip
ADMIN = [*MEMBER, "tenancy.view", "tenancy.manage"]
ROOT = [*ADMIN, "infrastructure.view", "infrastructure.manage"]
# What administrators of today have beside it.
SINCE = [
    "users.view", "users.manage", "roles.view", "roles.manage", "tenancy.act_as", "audit.view", "audit.export",
    "webhooks.view", "webhooks.manage", "projects.view", "projects.manage",
]  # fmt: skip


class Old:
    """The tables as they were, and how rights were kept in them."""

    def __init__(self, apps: Any) -> None:
        self.apps = apps
        self.root = self.model("Domain").objects.create(name="ROOT", path="/1/", pk=1)
        self.acme = self.model("Domain").objects.create(name="acme", path="/1/2/", pk=2, parent=self.root)
        self.account = self.model("Account").objects.create(name="web", domain=self.acme)

    def model(self, name: str, app: str = "tenants") -> Any:
        return self.apps.get_model(app, name)

    def user(self, name: str, on: Any, permissions: list[str]) -> None:
        user = self.model("User").objects.create(username=name, account=self.account)
        self.grant("User", user, on, permissions)

    def grant(self, kind: str, who: Any, on: Any, permissions: list[str]) -> None:
        place = type(on).__name__
        content_type, _ = self.model("ContentType", "contenttypes").objects.get_or_create(
            app_label="tenants", model=place.lower()
        )
        for codename in permissions:
            permission, _ = self.model("Permission", "auth").objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": codename}
            )
            self.model(f"{place}{kind}ObjectPermission").objects.create(
                **{kind.lower(): who}, content_object=on, permission=permission
            )


@pytest.fixture
def old(transactional_db: None) -> Iterator[Old]:
    """The database, taken back to before; and brought up again whatever happens."""
    leaves = MigrationExecutor(connection).loader.graph.leaf_nodes()
    call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=True)
    ContentType.objects.clear_cache()
    executor = MigrationExecutor(connection)
    executor.migrate(BEFORE)
    try:
        yield Old(executor.loader.project_state(BEFORE).apps)
    finally:
        MigrationExecutor(connection).migrate(leaves)
        call_command("migrate", verbosity=0, interactive=False)


def test_rights_become_roles_and_stay_what_they_were(old: Old) -> None:
    old.user("root", old.root, ROOT)
    old.user("admin", old.acme, ADMIN)
    old.user("member", old.account, MEMBER)
    old.user("onlooker", old.root, ["compute.view", "jobs.view", "infrastructure.view"])
    old.user("odd", old.account, ["compute.view", "compute.console"])
    old.user("hosts", old.acme, ["infrastructure.view"])
    crew = old.model("Group", "auth").objects.create(name="crew")
    old.grant("Group", crew, old.acme, ["compute.view", "network.view", "storage.view", "accounting.view", "jobs.view"])

    MigrationExecutor(connection).migrate(AFTER)
    call_command("migrate", verbosity=0, interactive=False)

    def held(name: str) -> set[str]:
        return set(actor_of(User.objects.get(username=name)).reach)

    assert held("member") == {*MEMBER, "webhooks.view"}
    assert held("admin") == {*ADMIN, *SINCE}
    assert held("root") == {*ROOT, *SINCE, "alerts.view", "alerts.manage"}
    assert held("onlooker") == {"compute.view", "jobs.view", "infrastructure.view"}
    assert held("odd") == {"compute.view", "compute.console"}
    assert held("hosts") == set(), "it meant nothing below the root"
    assert actor_of(User.objects.get(username="root")).is_operator
    assert _roles("root") == ["root_admin"]
    assert _roles("admin") == ["domain_admin"]
    assert _roles("member") == ["member"]
    assert Role.objects.filter(code=None).count() == 2
    grant = Grant.objects.get(group__isnull=False)
    assert (grant.role.code, grant.domain) == ("reader", Domain.objects.get(name="acme"))
    assert Group.objects.get().domain.name == "ROOT"
    assert Account.objects.get().state == "Enabled"
    call_command("migrate", verbosity=0, interactive=False)
    assert held("member") == {*MEMBER, "webhooks.view"}


def _roles(username: str) -> list[str]:
    return list(Grant.objects.filter(user__username=username).values_list("role__code", flat=True))
