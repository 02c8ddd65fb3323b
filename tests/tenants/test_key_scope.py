"""What a key takes away: nothing is left that its owner may not do, and nothing is lost that it does not name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.models import Account, Domain
from tenants.permissions import OF_THE_CLOUD, PERMISSIONS
from tenants.reach import NOWHERE, Granted, Reaches, reaches_of
from tenants.scope import PRESETS, KeyScope, is_from

# A tree of seven domains below a root, and an account in each, which owns a project.
PATHS = ["/1/", "/1/2/", "/1/3/", "/1/2/4/", "/1/2/5/", "/1/3/6/", "/1/2/4/7/"]
DOMAINS = [Domain(pk=int(path.strip("/").split("/")[-1]), path=path) for path in PATHS]
ACCOUNTS = [Account(pk=100 + domain.pk, domain=domain) for domain in DOMAINS]
PROJECTS = [Account(pk=200 + domain.pk, domain=domain) for domain in DOMAINS]
OWNERS = {project.pk: account for project, account in zip(PROJECTS, ACCOUNTS, strict=True)}
PLACES = [*DOMAINS, *ACCOUNTS, *PROJECTS]
HOMES = {account.pk: account.domain.path for account in (*ACCOUNTS, *PROJECTS)}
NAMES = ["compute.view", "compute.manage", "projects.manage", "users.manage", "infrastructure.view"]

names = st.frozensets(st.sampled_from(NAMES), min_size=1)
granted = st.one_of(
    st.builds(lambda some, path: Granted(tuple(some), path, None), names, st.sampled_from(PATHS)),
    st.builds(
        lambda some, account: Granted(tuple(some), None, account.pk), names, st.sampled_from(ACCOUNTS + PROJECTS)
    ),
)


def with_projects(grants: list[Granted]) -> Reaches:
    """As the query gives them: a role that manages projects counts for those of its account."""
    more = [
        Granted(grant.permissions, None, project)
        for grant in grants
        for project, owner in OWNERS.items()
        if grant.account == owner.pk and "projects.manage" in grant.permissions
    ]
    return reaches_of([*grants, *more])


@st.composite
def scopes(draw: Any) -> KeyScope:
    paths = draw(st.frozensets(st.sampled_from(PATHS), max_size=2))
    accounts = draw(st.lists(st.sampled_from(ACCOUNTS + PROJECTS), max_size=2))
    chosen = draw(st.one_of(st.just(frozenset[str]()), names))
    named = {account.pk: HOMES[account.pk] for account in accounts}
    projects = {project: owner.pk for project, owner in OWNERS.items() if owner.pk in named}
    return KeyScope(1, chosen, bool(paths or accounts), paths, named, projects=projects)


def covers(scope: KeyScope, place: Any, reaches: Reaches) -> bool:
    path = place.path if isinstance(place, Domain) else place.domain.path
    named = isinstance(place, Account) and (place.pk in scope.accounts or _with_its_owner(scope, place, reaches))
    return not scope.has_places or named or any(path.startswith(above) for above in scope.paths)


def _with_its_owner(scope: KeyScope, place: Account, reaches: Reaches) -> bool:
    """Both the key and its owner manage the projects of the account that the key names."""
    owner = OWNERS.get(place.pk)
    return (
        owner is not None
        and owner.pk in scope.accounts
        and (not scope.permissions or "projects.manage" in scope.permissions)
        and reaches.get("projects.manage", NOWHERE).covers(owner)
    )


@given(st.lists(granted, max_size=4), scopes())
def test_what_is_left_is_what_both_allow(grants: list[Granted], scope: KeyScope) -> None:
    owner = with_projects(grants)
    left = scope.narrow(owner, HOMES)

    assert NOWHERE not in left.values()
    for name in NAMES:
        for place in PLACES:
            has = owner.get(name, NOWHERE).covers(place)
            may = left.get(name, NOWHERE).covers(place)
            assert not may or has, "a key widened its owner's rights"
            if name not in OF_THE_CLOUD:
                assert may == (
                    has and covers(scope, place, owner) and (not scope.permissions or name in scope.permissions)
                )
        assert not left.get(name, NOWHERE).everywhere or owner[name].everywhere


@given(st.lists(granted, max_size=4), scopes(), scopes())
def test_a_key_that_another_holds_is_no_mightier(grants: list[Granted], one: KeyScope, other: KeyScope) -> None:
    owner = with_projects(grants)
    if not one.holds(other):
        return
    mine, theirs = one.narrow(owner, HOMES), other.narrow(owner, HOMES)
    for name, reach in theirs.items():
        for place in PLACES:
            assert not reach.covers(place) or mine.get(name, NOWHERE).covers(place)


def test_a_key_narrowed_to_places_has_nothing_of_the_cloud() -> None:
    root = reaches_of([Granted(tuple(PERMISSIONS), "/1/", None)])

    assert not OF_THE_CLOUD & KeyScope(1, has_places=True, paths=frozenset({"/1/2/"})).narrow(root, {}).keys()
    assert KeyScope(1, has_places=True, paths=frozenset({"/1/"})).narrow(root, {}) == root


def test_a_key_whose_places_are_all_gone_is_good_for_nothing() -> None:
    assert KeyScope(1, has_places=True).narrow(reaches_of([Granted(("compute.view",), "/1/", None)]), {}) == {}


@pytest.mark.parametrize(
    ("own", "other", "holds"),
    [
        ({}, {}, True),
        ({"networks": ("10.0.0.0/8",)}, {"networks": ("10.1.0.0/16",)}, True),
        ({"networks": ("10.0.0.0/8",)}, {"networks": ("10.0.0.0/7",)}, False),
        ({"networks": ("10.0.0.0/8",)}, {"networks": ("2001:db8::/32",)}, False),
        ({"networks": ("10.0.0.0/8",)}, {}, False),
        ({"expires_at": datetime(2030, 1, 1, tzinfo=UTC)}, {}, False),
        ({"expires_at": datetime(2030, 1, 1, tzinfo=UTC)}, {"expires_at": datetime(2031, 1, 1, tzinfo=UTC)}, False),
        ({"expires_at": datetime(2030, 1, 1, tzinfo=UTC)}, {"expires_at": datetime(2029, 1, 1, tzinfo=UTC)}, True),
        ({}, {"networks": ("10.0.0.0/8",)}, True),
    ],
)
def test_networks_and_expiry_count_as_might(own: dict[str, Any], other: dict[str, Any], holds: bool) -> None:
    assert KeyScope(1, **own).holds(KeyScope(2, **other)) is holds


@pytest.mark.parametrize(
    ("address", "networks", "inside"),
    [
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7/32"], True),
        ("2001:db8::5", ["2001:db8::/32"], True),
        ("2001:db9::5", ["2001:db8::/32"], False),
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.2.7", ["::/0"], False),
        ("", ["0.0.0.0/0"], False),
        ("nonsense", ["0.0.0.0/0"], False),
    ],
)
def test_networks(address: str, networks: list[str], inside: bool) -> None:
    assert is_from(address, networks) is inside


def test_presets_name_permissions_that_there_are() -> None:
    for preset in PRESETS.values():
        assert preset.permissions <= PERMISSIONS.keys()
    assert not any(name.endswith(".manage") for name in PRESETS["read"].permissions)
