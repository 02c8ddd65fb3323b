"""Whatever is shared, taken back, granted, moved and disabled in whatever order: who sees what a naive model says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core.errors import Refusal
from compute.models import SSHKey
from compute.selectors import ssh_keys
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Grant, User
from tenants.services import domains, grants, shares
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.tenants.naive import ROOT, NaiveCloud

DOMAINS, ACCOUNTS, USERS = 4, 5, 5
OPERATIONS = ["add", "add", "share", "share", "share", "share", "unshare", "leave", "delete", "grant", "grant",
              "revoke", "move", "suspend", "activate"]  # fmt: skip


@dataclass
class World:
    """The portal and the model side by side: `owners` of keys, and `shared` as pairs of key and account."""

    model: NaiveCloud
    rows: dict[str, Any] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    shared: set[tuple[str, str]] = field(default_factory=set)
    made: int = 0

    def pick(self, names: Any, number: int) -> str:
        found = sorted(names)
        return found[number % len(found)] if found else ""

    def fresh(self, name: str) -> Any:
        row = self.rows[name]
        related = {SSHKey: ["account__domain"], Account: ["domain"]}.get(type(row), [])
        return type(row)._default_manager.select_related(*related).get(pk=row.pk)

    def actor(self, user: str) -> Actor:
        return actor_of(User.objects.get(pk=self.rows[user].pk))

    def sees(self, user: str, key: str) -> bool:
        places = {self.owners[key]} | {account for one, account in self.shared if one == key}
        return any(self.model.may(user, "compute.view", place) for place in places)


def begin() -> World:
    root = factories.root()
    world = World(NaiveCloud(), {ROOT: root})
    model = world.model
    model.roles = {"member": {"compute.view", "compute.manage"}, "reader": {"compute.view"}}
    names = [ROOT]
    for number in range(DOMAINS):
        name = f"d{number}"
        above = names[number // 2]
        world.rows[name] = domains.create_domain(SYSTEM, name=factories.unique("d"), parent=world.fresh(above))
        model.parents[name] = above
        names.append(name)
    for number in range(ACCOUNTS):
        name, home = f"a{number}", names[1 + number % DOMAINS]
        world.rows[name] = Account.objects.create(domain=world.rows[home], name=factories.unique("a"))
        model.accounts[name], model.states[name] = home, "Enabled"
    for number in range(USERS):
        user, home = f"u{number}", f"a{number % ACCOUNTS}"
        world.rows[user] = User.objects.create(account=world.rows[home], username=factories.unique("u"))
        model.users[user] = home
        give(world, "member", user, home)
    return world


def give(world: World, role: str, user: str, on: str) -> None:
    grants.grant_role(SYSTEM, role=role, user=world.fresh(user), on=world.fresh(on))
    world.model.grants.add((role, user, on))


def act(world: World, operation: str, a: int, b: int, c: int) -> None:
    model = world.model
    user, account = world.pick(model.users, a), world.pick(model.accounts, b)
    key = world.pick(world.owners, c)
    if operation == "add":
        world.made += 1
        name = f"k{world.made}"
        world.rows[name] = create_ssh_key(SYSTEM, account=world.fresh(account), name=name, public_key=PUBLIC_KEY)
        world.owners[name] = account
    elif operation in ("share", "unshare", "leave") and key:
        # By whoever it is: the services refuse who may not, and then nothing has happened.
        service = getattr(shares, operation)
        service(world.actor(user), thing=world.fresh(key), account=world.fresh(account))
        allowed = model.may(user, "compute.manage", account if operation == "leave" else world.owners[key])
        assert allowed, "a service let somebody in"
        world.shared = world.shared | {(key, account)} if operation == "share" else world.shared - {(key, account)}
    elif operation == "delete" and key:
        delete_ssh_key(world.actor(user), ssh_key=world.fresh(key))
        del world.owners[key]
        world.shared = {pair for pair in world.shared if pair[0] != key}
    elif operation == "grant":
        role = ("member", "reader")[c % 2]
        give(world, role, user, world.pick([*model.accounts, *model.parents], b))
    elif operation == "revoke" and model.grants:
        role, holder, on = world.pick(model.grants, a)  # type: ignore[misc]
        place = {"domain" if isinstance(world.rows[on], Domain) else "account": world.rows[on].pk}
        grants.revoke_grant(SYSTEM, grant=Grant.objects.get(role__code=role, user=world.rows[holder].pk, **place))
        model.grants.discard((role, holder, on))
    elif operation == "move":
        what, to = world.pick(model.parents.keys() - {ROOT}, a), world.pick(model.parents, b)
        domains.move_domain(SYSTEM, domain=world.fresh(what), parent=world.fresh(to))
        model.parents[what] = to
    elif operation in ("suspend", "activate"):
        what = world.pick(model.parents.keys() - {ROOT}, a)
        getattr(domains, f"{operation}_domain")(SYSTEM, domain=world.fresh(what))
        (model.suspended.add if operation == "suspend" else model.suspended.discard)(what)


steps = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))


@pytest.mark.django_db
@given(story=st.lists(steps, min_size=8, max_size=30))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_everybody_sees_what_the_model_says(story: list[tuple[str, int, int, int]]) -> None:
    with transaction.atomic():
        world = begin()
        for operation, a, b, c in [("add", 0, 0, 0), ("add", 0, 1, 0), ("share", 0, 1, 0), *story]:
            try:
                with transaction.atomic():
                    act(world, operation, a, b, c)
            except Refusal:
                continue  # part of the story; the model has not moved either
        keys = {world.rows[name].pk: name for name in world.owners}
        for user in world.model.users:
            actor = world.actor(user)
            seen = {keys[key] for key in ssh_keys(actor).values_list("pk", flat=True)}
            assert seen == {key for key in world.owners if world.sees(user, key)}, user
            for name in world.owners:
                assert ssh_keys(actor).filter(pk=world.rows[name].pk).exists() is world.sees(user, name)
        transaction.set_rollback(True)
