"""Whatever is done to tree, roles and grants in whatever order: everybody may exactly what a naive model says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudportal.core.errors import Conflict, InvalidInput, Refusal
from tenants.actor import SYSTEM, actor_of
from tenants.explain import explain
from tenants.models import Account, Domain, Grant, Group, Role, User
from tenants.services import accounts, domains, grants, groups, projects, roles, users
from tests import factories
from tests.tenants.naive import ROOT, NaiveCloud

PERMISSIONS = ["compute.view", "compute.manage", "projects.manage", "tenancy.view", "jobs.view"]
CHANGES = {"compute.manage", "projects.manage"}
OPERATIONS = [
    "grow", "grow", "move", "move", "suspend", "activate", "open_account", "lock", "disable_account", "enable", "hire",
    "disable_user", "enable_user", "gather", "join", "leave", "define", "redefine", "grant", "grant", "grant", "revoke",
    "open_project", "open_project",
]  # fmt: skip
Step = tuple[str, int, int, int]


@dataclass
class Both:
    """The portal and the model, side by side."""

    model: NaiveCloud
    rows: dict[str, Any] = field(default_factory=dict)

    def pick(self, kind: type[Any], number: int) -> str:
        names = sorted(name for name, row in self.rows.items() if isinstance(row, kind))
        return names[number % len(names)] if names else ""

    def fresh(self, name: str) -> Any:
        row = self.rows[name]
        return type(row)._default_manager.get(pk=row.pk)

    def add(self, kind: str, row: Any) -> str:
        name = f"{kind}{len(self.rows)}"
        self.rows[name] = row
        return name


def grow(both: Both, a: int, _b: int, _c: int) -> None:
    above = both.pick(Domain, a)
    row = domains.create_domain(SYSTEM, name=factories.unique("d"), parent=both.fresh(above))
    both.model.parents[both.add("domain", row)] = above


def move(both: Both, a: int, b: int, _c: int) -> None:
    what, to = both.pick(Domain, a), both.pick(Domain, b)
    if what == ROOT or what in both.model.line(to):
        with pytest.raises(InvalidInput):
            domains.move_domain(SYSTEM, domain=both.fresh(what), parent=both.fresh(to))
        return
    domains.move_domain(SYSTEM, domain=both.fresh(what), parent=both.fresh(to))
    both.model.parents[what] = to
    both.model.members = {
        (group, user)
        for group, user in both.model.members
        if both.model.groups[group] in both.model.line(both.model.users[user])
    }


def suspend(both: Both, a: int, _b: int, _c: int) -> None:
    what = both.pick(Domain, a)
    domains.suspend_domain(SYSTEM, domain=both.fresh(what))
    both.model.suspended.add(what)


def activate(both: Both, a: int, _b: int, _c: int) -> None:
    what = both.pick(Domain, a)
    domains.activate_domain(SYSTEM, domain=both.fresh(what))
    both.model.suspended.discard(what)


def open_account(both: Both, a: int, _b: int, _c: int) -> None:
    home = both.pick(Domain, a)
    name = both.add("account", accounts.create_account(SYSTEM, domain=both.fresh(home), name=factories.unique("a")))
    both.model.accounts[name], both.model.states[name] = home, "Enabled"


def open_project(both: Both, a: int, _b: int, _c: int) -> None:
    if not (owner := both.pick(Account, a)):
        return
    if owner in both.model.owners:
        with pytest.raises((InvalidInput, Conflict)):
            projects.create_project(SYSTEM, owner=both.fresh(owner), name=factories.unique("p"))
        return
    row = projects.create_project(SYSTEM, owner=both.fresh(owner), name=factories.unique("p"))
    name = both.add("account", row.account)
    both.model.accounts[name], both.model.states[name] = both.model.accounts[owner], "Enabled"
    both.model.owners[name] = owner


def _state(service: Callable[..., Any], state: str) -> Callable[[Both, int, int, int], None]:
    def change(both: Both, a: int, _b: int, _c: int) -> None:
        if name := both.pick(Account, a):
            service(SYSTEM, account=both.fresh(name))
            both.model.states[name] = state

    return change


def hire(both: Both, a: int, _b: int, _c: int) -> None:
    if (home := both.pick(Account, a)) and home not in both.model.owners:
        values = {"username": factories.unique("u"), "password": factories.PASSWORD}
        both.model.users[both.add("user", users.create_user(SYSTEM, account=both.fresh(home), **values))] = home


def disable_user(both: Both, a: int, _b: int, _c: int) -> None:
    if name := both.pick(User, a):
        users.disable_user(SYSTEM, user=both.fresh(name))
        both.model.disabled.add(name)


def enable_user(both: Both, a: int, _b: int, _c: int) -> None:
    if name := both.pick(User, a):
        users.enable_user(SYSTEM, user=both.fresh(name))
        both.model.disabled.discard(name)


def gather(both: Both, a: int, _b: int, _c: int) -> None:
    home = both.pick(Domain, a)
    row = groups.create_group(SYSTEM, domain=both.fresh(home), name=factories.unique("g"))
    both.model.groups[both.add("group", row)] = home


def join(both: Both, a: int, b: int, _c: int) -> None:
    group, user = both.pick(Group, a), both.pick(User, b)
    if group and user:
        groups.add_member(SYSTEM, group=both.fresh(group), user=both.fresh(user))
        both.model.members.add((group, user))


def leave(both: Both, a: int, b: int, _c: int) -> None:
    group, user = both.pick(Group, a), both.pick(User, b)
    if group and user:
        groups.remove_member(SYSTEM, group=both.fresh(group), user=both.fresh(user))
        both.model.members.discard((group, user))


def _permissions(number: int) -> list[str]:
    return [name for bit, name in enumerate(PERMISSIONS) if (number >> bit) & 1] or [PERMISSIONS[0]]


def define(both: Both, a: int, b: int, _c: int) -> None:
    chosen = _permissions(b)
    row = roles.create_role(
        SYSTEM, domain=both.fresh(both.pick(Domain, a)), name=factories.unique("r"), permissions=chosen
    )
    both.model.roles[both.add("role", row)] = set(chosen)


def redefine(both: Both, a: int, b: int, _c: int) -> None:
    if name := both.pick(Role, a):
        roles.update_role(SYSTEM, role=both.fresh(name), permissions=_permissions(b))
        both.model.roles[name] = set(_permissions(b))


def grant(both: Both, a: int, b: int, c: int) -> None:
    role, who, on = both.pick(Role, a), both.pick((User, Group), b), both.pick((Domain, Account), c)  # type: ignore[arg-type]
    if role and who:
        whom = {"user" if isinstance(both.rows[who], User) else "group": both.fresh(who)}
        grants.grant_role(SYSTEM, role=both.fresh(role), on=both.fresh(on), **whom)
        both.model.grants.add((role, who, on))


def revoke(both: Both, a: int, _b: int, _c: int) -> None:
    if not both.model.grants:
        return
    role, who, on = sorted(both.model.grants)[a % len(both.model.grants)]
    kinds = {User: "user", Group: "group", Domain: "domain", Account: "account"}
    found = {kinds[type(both.rows[name])]: both.rows[name].pk for name in (who, on)}
    grants.revoke_grant(SYSTEM, grant=Grant.objects.get(role=both.rows[role].pk, **found))
    both.model.grants.discard((role, who, on))


lock = _state(accounts.lock_account, "Locked")
enable = _state(accounts.enable_account, "Enabled")


def disable_account(both: Both, a: int, _b: int, _c: int) -> None:
    """Without the job, which stops what runs: nothing does here."""
    if name := both.pick(Account, a):
        both.rows[name].__class__.objects.filter(pk=both.rows[name].pk).update(state="Disabled")
        both.model.states[name] = "Disabled"


steps = st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 99))
# Every story begins with somebody who has something somewhere.
BEGIN: list[Step] = [
    ("grow", 0, 0, 0), ("grow", 0, 0, 0), ("open_account", 0, 0, 0), ("hire", 0, 0, 0), ("define", 2, 3, 0),
    ("grant", 0, 0, 0),
]  # fmt: skip


@pytest.mark.django_db
@given(story=st.lists(steps, min_size=8, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_everybody_may_what_the_model_says(story: list[Step]) -> None:
    with transaction.atomic():
        both = Both(NaiveCloud(), {ROOT: factories.root()})
        for operation, a, b, c in [*BEGIN, *story]:
            try:
                globals()[operation](both, a, b, c)
            except Refusal:
                continue  # part of the story; the model has not moved either
        _assert_agree(both)
        transaction.set_rollback(True)


def _assert_agree(both: Both) -> None:
    model = both.model
    for name, parent in model.parents.items():
        row = both.fresh(name)
        assert row.path == (f"{both.fresh(parent).path}{row.pk}/" if parent else f"/{row.pk}/")
    places = [*model.parents, *model.accounts]
    for user in model.users:
        actor = actor_of(both.fresh(user))
        for permission in PERMISSIONS:
            seen = {account.pk for account in actor.accounts(permission)}
            assert seen & {both.rows[name].pk for name in model.accounts} == {
                both.rows[name].pk for name in model.accounts if model.may(user, permission, name)
            }
            for place in places:
                on = both.fresh(place)
                assert actor.may(permission, on) is model.may(user, permission, place), (user, permission, place)
                found = explain(SYSTEM, user=both.fresh(user), permission=permission, on=on)
                assert bool(found.grants) is model.granted(user, permission, place)
                expected = model.may_change if permission in CHANGES else model.may
                assert found.allowed is expected(user, permission, place), (user, permission, place, found.obstacles)
