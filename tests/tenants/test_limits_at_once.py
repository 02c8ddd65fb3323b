"""Many take from one limit at once: exactly as much is given as there is, and no counter drifts."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from cloudportal.core.errors import LimitExceeded
from tenants import limits
from tenants.actor import SYSTEM
from tenants.limits.recount import domain_drifts, drifts
from tenants.limits.standing import of_account
from tenants.models import Account, Domain, Limit
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.limits import set_account_limits, set_domain_limits
from tests import factories
from tests.factories import World
from tests.threads import at_once


def take(account: Account, **amounts: int) -> str:
    try:
        with transaction.atomic():
            limits.reserve(account, **amounts)
    except LimitExceeded:
        return "refused"
    return "given"


def give_back(account: Account, **amounts: int) -> str:
    with transaction.atomic():
        limits.release(account.pk, **amounts)
    return "given back"


def used(account: Account, key: str) -> int:
    return next(row.used for row in of_account(account) if row.resource.key == key)


def two_accounts() -> tuple[Account, Account]:
    """Two in one domain."""
    one = factories.account()
    return one, create_account(SYSTEM, domain=one.domain, name="neighbour")


@pytest.mark.parametrize("was_set", [True, False], ids=["set", "by default, and never counted before"])
def test_two_hundred_at_once_against_a_limit_of_fifty(transactional_db: None, settings: Any, was_set: bool) -> None:
    account = factories.account()
    if was_set:
        set_account_limits(SYSTEM, account=account, limits={"snapshots": 50, "cpus": -1})
    else:
        settings.ACCOUNT_LIMITS = settings.ACCOUNT_LIMITS | {"snapshots": 50, "cpus": -1}

    answers = at_once(lambda _: take(account, cpus=2, snapshots=1, volumes=0), 200)

    assert answers == {"given": 50, "refused": 150}
    assert (used(account, "snapshots"), used(account, "cpus")) == (50, 100)


def test_two_hundred_instances_at_once_into_a_limit_of_fifty(
    transactional_db: None, world: World, tmp_path: object
) -> None:
    cloud = factories.cloud(world, tmp_path, hosts=4, cpus=64, memory_mib=65_536)
    first, second = (factories.member(account) for account in two_accounts())
    domain = Account.objects.get(pk=first.account_id).domain
    for tenant in (first, second):
        own = Account.objects.get(pk=tenant.account_id)
        enough = {"instances": 200, "cpus": -1, "memory_mib": -1, "volumes": -1}
        set_account_limits(SYSTEM, account=own, limits=enough)
        factories.network(tenant, cloud.zone)
    set_domain_limits(SYSTEM, domain=domain, limits={"instances": 50})

    def deploy(number: int) -> str:
        try:
            factories.deployment((first, second)[number % 2], cloud)
        except LimitExceeded:
            return "refused"
        return "given"

    assert at_once(deploy, 200) == {"given": 50, "refused": 150}
    assert Limit.objects.get(domain=domain).used == 50
    assert drifts() == []
    assert sum(host.cpus_used for host in cloud.hosts()) == 50


def test_two_accounts_at_once_share_a_domain_exactly(transactional_db: None) -> None:
    pair = two_accounts()
    for account in pair:
        set_account_limits(SYSTEM, account=account, limits={"buckets": -1})
    for domain, most in ((pair[0].domain, 50), (factories.root(), 1000)):
        set_domain_limits(SYSTEM, domain=domain, limits={"buckets": most})

    assert at_once(lambda number: take(pair[number % 2], buckets=1), 200) == {"given": 50, "refused": 150}
    shares = [used(account, "buckets") for account in pair]
    assert sum(shares) == 50
    assert at_once(lambda number: give_back(pair[number % 2], buckets=1), 2 * min(shares)) == {
        "given back": 2 * min(shares)
    }
    assert domain_drifts() == []


def test_a_limit_that_comes_while_others_count_counts_all_of_them(transactional_db: None) -> None:
    one, two = two_accounts()
    domain = one.domain

    def work(number: int) -> str:
        if number % 20 == 10:
            set_domain_limits(SYSTEM, domain=domain, limits={"buckets": 1000 if number % 40 == 10 else -1})
            return "set"
        return take((one, two)[number % 2], buckets=1)

    answers = at_once(work, 200)
    set_domain_limits(SYSTEM, domain=domain, limits={"buckets": 1000})

    assert answers["set"] == 10
    given = sum(used(account, "buckets") for account in (one, two))
    assert given == answers["given"] == 40, "20 for each, by default"
    assert Limit.objects.get(domain=domain).used == 40


def test_accounts_that_move_while_others_count_take_all_along(transactional_db: None) -> None:
    account = factories.account()
    homes = [account.domain, create_domain(SYSTEM, name="new", parent=factories.root())]
    set_account_limits(SYSTEM, account=account, limits={"buckets": -1})
    for home in homes:
        set_domain_limits(SYSTEM, domain=home, limits={"buckets": 1000})

    def work(number: int) -> str:
        if number % 10 != 5:
            return take(account, buckets=1)
        with transaction.atomic():
            new = homes[number // 10 % 2]
            with limits.moving(account, to=new):
                Account.objects.filter(pk=account.pk).update(domain=new)
        return "moved"

    assert at_once(work, 200) == {"given": 180, "moved": 20}
    assert domain_drifts() == []
    assert sorted(Limit.objects.filter(domain__isnull=False).values_list("used", flat=True)) == [0, 180]


def test_neighbours_below_an_unlimited_root_do_not_wait_for_each_other(transactional_db: None) -> None:
    mine, theirs = factories.account(), factories.account()

    with transaction.atomic():
        limits.reserve(mine, instances=1)
        with ThreadPoolExecutor(1) as other:
            # Mine is not committed: were there a counter of the root, this would hang until it is.
            done = other.submit(lambda: (take(theirs, instances=1), connection.close())[0])
            assert done.result(timeout=20) == "given"


@dataclass(frozen=True)
class Step:
    """One thing that is done somewhere in a tree of five domains with three accounts."""

    kind: str
    where: int
    amount: int


_TREE = 5
_steps = st.builds(
    Step,
    st.sampled_from(["reserve", "reserve", "reserve", "release", "limit account", "limit domain", "move", "crash"]),
    st.integers(0, 14),
    st.integers(-1, 6),
)


@given(story=st.lists(_steps, min_size=5, max_size=40))
@examples(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_story_agrees_with_adding_up_by_hand(db: None, story: list[Step]) -> None:
    with transaction.atomic():
        _play(story)
        transaction.set_rollback(True)


def _play(story: list[Step]) -> None:
    domains = [factories.root()]
    for number in range(1, _TREE):
        domains.append(create_domain(SYSTEM, name=factories.unique("d"), parent=domains[(number - 1) // 2]))
    accounts = [create_account(SYSTEM, domain=domains[2 + n], name=factories.unique("a")) for n in range(3)]
    homes = dict(zip(accounts, domains[2:], strict=True))
    held, caps = Counter[Account](), dict[object, int](dict.fromkeys(accounts, 20))

    def chain(home: Domain) -> list[Domain]:
        return [domain for domain in domains if home.path.startswith(domain.path)]

    def total(domain: Domain) -> int:
        return sum(held[account] for account in accounts if domain in chain(homes[account]))

    for step in story:
        account, amount = accounts[step.where % 3], max(step.amount, 0)
        if step.kind in ("reserve", "crash"):
            fits = all(
                caps.get(owner, -1) < 0 or has + amount <= caps[owner] or amount == 0
                for owner, has in [(account, held[account]), *((d, total(d)) for d in chain(homes[account]))]
            )
            dies = step.kind == "crash"
            assert _took(account, amount, dies=dies) == fits
            held[account] += amount * (fits and not dies)
        elif step.kind == "release":
            amount = min(amount, held[account])
            limits.release(account.pk, buckets=amount)
            held[account] -= amount
        elif step.kind == "limit account":
            set_account_limits(SYSTEM, account=account, limits={"buckets": step.amount})
            caps[account] = step.amount
        elif step.kind == "limit domain":
            domain = domains[step.where % _TREE]
            set_domain_limits(SYSTEM, domain=domain, limits={"buckets": step.amount})
            caps[domain] = step.amount
        else:
            new = domains[step.where % _TREE]
            gained = [d for d in chain(new) if d not in chain(homes[account])]
            fits = all(caps.get(d, -1) < 0 or not held[account] or total(d) + held[account] <= caps[d] for d in gained)
            assert _moved(account, new) == fits
            homes[account] = new if fits else homes[account]
    for owner in (*accounts, *domains):
        row = Limit.objects.filter(**{type(owner).__name__.lower(): owner}, resource="buckets").first()
        expected = held[owner] if isinstance(owner, Account) else total(owner)
        if row is not None:
            assert row.used == expected
        else:
            assert (expected == 0) if isinstance(owner, Account) else caps.get(owner, -1) == -1


def _took(account: Account, amount: int, *, dies: bool) -> bool:
    try:
        with transaction.atomic():
            limits.reserve(account, buckets=amount)
            if dies:
                transaction.set_rollback(True)
    except LimitExceeded:
        return False
    return True


def _moved(account: Account, new: Domain) -> bool:
    try:
        with transaction.atomic(), limits.moving(account, to=new):
            Account.objects.filter(pk=account.pk).update(domain=new)
    except LimitExceeded:
        return False
    return True
