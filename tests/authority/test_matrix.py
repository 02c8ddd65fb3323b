"""What an actor may not see does not exist for them: on every address that there is.

The control at the end forgets a scope on purpose; were it not caught, the matrix would prove nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cloudportal.core.errors import NotFound
from cloudportal.infrastructure.drivers.simulator import World
from compute import selectors
from compute.api.instances import InstanceViewSet
from compute.models import Instance, SSHKey
from tenants.actor import Actor
from tenants.models import Account, User
from tenants.services.shares import share
from tests import factories
from tests.authority.checks import Caller, leaks
from tests.authority.estate import Estate, estate, is_still_there
from tests.authority.routes import Route, routes
from tests.authority.rules import Open, Own
from tests.authority.table import API, TABLE

ROUTES = {route.name: route for route in routes()}


@pytest.fixture
def owned(db: None, world: World, tmp_path: Path) -> Estate:
    return estate(factories.cloud(world, tmp_path))


@pytest.fixture
def stranger(db: None) -> Caller:
    """A member of another account."""
    return Caller(factories.user("member"))


@pytest.fixture
def nobody(db: None) -> Caller:
    return Caller()


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert sorted(ROUTES.keys() - TABLE.keys()) == [], "write rows for these into tests/authority/table.py"
    assert sorted(TABLE.keys() - ROUTES.keys()) == []


def test_rows_name_as_many_ids_as_their_addresses_take() -> None:
    known = {name: len(rule.values) for name, rule in TABLE.items() if isinstance(rule, Open)}
    wrong = [name for name, route in ROUTES.items() if len(route.ids) > max(1, known.get(name, 0))]
    assert wrong == [], "an address with two ids needs a rule of its own"


def test_nobody_else_learns_or_changes_anything(owned: Estate, stranger: Caller, nobody: Caller) -> None:
    found = {
        name: words
        for name, rule in TABLE.items()
        if name in ROUTES and (words := leaks(ROUTES[name], rule, owned, stranger, nobody))
    }

    assert found == {}
    assert is_still_there(owned)


@pytest.mark.parametrize("role", ["domain_admin", "reader"])
def test_a_role_somewhere_else_opens_nothing_here(role: str, owned: Estate, nobody: Caller) -> None:
    domain = factories.account().domain
    sibling = Caller(factories.user(role, on=domain))

    found = {name: words for name, rule in API.items() if (words := leaks(ROUTES[name], rule, owned, sibling, nobody))}

    assert found == {}


SHARED = ("network", "template", "ssh_key")


def test_who_has_a_share_sees_that_and_no_more_and_nobody_else_does(
    owned: Estate, stranger: Caller, nobody: Caller
) -> None:
    receiver = Caller(factories.user("member"))
    home = Account.objects.get(pk=receiver.user.account_id)  # type: ignore[union-attr]
    for noun in SHARED:
        share(owned.actor, thing=owned.things[noun], account=home)
    # The owner's name is part of what is shared.
    known = {*SHARED, "account"}
    rest = replace(owned, things={noun: thing for noun, thing in owned.things.items() if noun not in known})

    found = {}
    for name, rule in TABLE.items():
        if isinstance(rule, Own) and rule.noun in SHARED:
            found[name] = _beyond_sharing(ROUTES[name], rule, owned, receiver)
        elif not (isinstance(rule, Own) and rule.noun == "account"):
            found[name] = leaks(ROUTES[name], rule, rest, receiver, nobody)

    assert {name: words for name, words in found.items() if words} == {}
    assert {
        name: words for name, rule in API.items() if (words := leaks(ROUTES[name], rule, owned, stranger, nobody))
    } == {}
    assert is_still_there(owned)


def _beyond_sharing(route: Route, rule: Own, owned: Estate, receiver: Caller) -> list[str]:
    """What the holder of a share is answered but the thing itself and a refusal to change it."""
    if route.name.endswith("-leave"):
        return []
    id_ = owned.things[rule.noun].uuid
    # An empty form of tags changes nothing, and so is refused to nobody; the API's is.
    methods = [
        method for method in rule.methods if method == "get" or not route.name.endswith("-tags") or _is_api(route)
    ]
    answers = {method: receiver.ask(route, method, id_) for method in methods}
    wrong = []
    for method, answer in answers.items():
        # Bodies and forms that are empty are refused before anybody's rights are asked.
        # A dialog about whom to take it back from names an account that the address must tell.
        missing_account = route.name.endswith("-unshare") and not _is_api(route)
        allowed = {200} if method == "get" else {400, 403, 422}
        if answer.status_code not in (allowed | {404} if missing_account else allowed):
            wrong.append(f"{method} answers {answer.status_code}")
        others = [thing for noun, thing in owned.things.items() if noun not in (*SHARED, "account", "domain")]
        hidden = {str(thing.uuid) for thing in others if hasattr(thing, "uuid")} | {owned.actor.name}
        wrong += [f"{method} shows {word}" for word in sorted(hidden) if word in answer.content.decode()]
    return wrong


def _is_api(route: Route) -> bool:
    return route.name.startswith("api:")


def test_the_owner_sees_all_of_it(owned: Estate) -> None:
    owner = Caller(User.objects.get(pk=owned.actor.user_id))
    # Members do not see the tenancy, not even their own.
    hidden = {"account", "domain", "group", "role", "grant", "identity_provider"}

    for name, rule in API.items():
        if isinstance(rule, Own) and "get" in rule.methods and rule.noun not in hidden:
            assert owner.ask(ROUTES[name], "get", owned.things[rule.noun].uuid).status_code == 200, name


def test_the_admin_turns_tenants_away(db: None, stranger: Caller, nobody: Caller) -> None:
    for someone in (stranger, nobody):
        answer = someone.client.get("/admin/")
        assert answer.status_code == 302
        assert "login" in answer["Location"] or "sign-in" in answer["Location"]


def test_control_a_selector_that_forgets_the_scope_is_caught(
    owned: Estate, stranger: Caller, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgetful(actor: Actor) -> object:
        return Instance.objects.filter(removed_at=None)

    monkeypatch.setattr(InstanceViewSet, "selector", staticmethod(forgetful))
    monkeypatch.setattr(selectors, "instances", forgetful)

    for name in ("api:instance-detail", "api:instance-list", "compute:instances", "compute:instance"):
        assert leaks(_route(name), TABLE[name], owned, stranger, nobody), name


def test_control_words_that_differ_are_caught(
    owned: Estate, stranger: Caller, nobody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def talkative(view: object, request: object, uuid: object) -> object:
        if SSHKey.objects.filter(uuid=uuid).exists():
            raise NotFound("That key is somebody else's.")
        raise NotFound

    monkeypatch.setattr("compute.api.ssh_keys.SSHKeyViewSet.shown", talkative)

    found = leaks(_route("api:ssh-key-detail"), TABLE["api:ssh-key-detail"], owned, stranger, nobody)

    assert any("other words" in words for words in found)


def _route(name: str) -> Route:
    return ROUTES[name]
