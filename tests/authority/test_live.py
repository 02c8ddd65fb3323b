"""The rows of the live process: who hears of a tenant's things, and who sees its screens.

Who may not hear is told of something of their own at the end, so that the silence before it is no mere delay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.jobs.services import announce_resource
from cloudportal.live.asgi import ADDRESSES
from cloudportal.live.sessions import Listener
from compute.models import ConsoleTicket
from compute.services.consoles import open_console
from compute.services.instances import stop_instance
from tenants.actor import SYSTEM, actor_of
from tenants.models import Account, ApiKey, Domain, Grant, User
from tenants.services.accounts import disable_account
from tenants.services.api_keys import create_api_key
from tenants.services.domains import suspend_domain
from tenants.services.grants import revoke_grant
from tenants.services.users import disable_user
from tests import factories
from tests.authority.estate import Estate, estate
from tests.authority.live import Listening, live_process, opens
from tests.authority.rules import Screen, Stream
from tests.authority.table import LIVE

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = {address: rule for address, rule in LIVE.items() if isinstance(rule, Stream)}


@pytest.fixture
def owned(db: None, world: World, tmp_path: Path) -> Estate:
    return estate(factories.cloud(world, tmp_path))


@dataclass(frozen=True, slots=True)
class Ear:
    """Somebody who listens, with a session and with a key. `own` is an account of theirs."""

    user: User
    session: str
    key: str
    own: Account

    def headers(self, rule: Stream) -> tuple[bytes, bytes]:
        if rule.by_key:
            return b"authorization", f"Bearer {self.key}".encode()
        return b"cookie", f"sessionid={self.session}".encode()


def ear(user: User) -> Ear:
    client = Client()
    client.force_login(user)
    key = create_api_key(actor_of(user), user=user, name=factories.unique("key"))[1]
    return Ear(user, client.cookies["sessionid"].value, key, Account.objects.get(pk=user.account_id))


def home_of(owned: Estate) -> Domain:
    domain: Domain = owned.things["domain"]
    return domain


def listeners(owned: Estate) -> dict[str, Ear]:
    """Who hears of the estate's things."""
    home = home_of(owned)
    parent = home.parent or home
    return {
        "owner": ear(User.objects.get(pk=owned.actor.user_id)),
        "domain admin": ear(factories.user("domain_admin", on=home)),
        "admin of the domain above": ear(factories.user("domain_admin", on=parent)),
        "auditor": ear(factories.user("auditor", on=home)),
        "root admin": ear(factories.user("root_admin", on=factories.root())),
    }


def strangers() -> dict[str, Ear]:
    """Who may listen, and hears nothing of the estate."""
    sibling = factories.account()
    return {
        "another tenant": ear(factories.user("member")),
        "a reader elsewhere": ear(factories.user("reader")),
        "admin of a sibling domain": ear(factories.user("domain_admin", sibling, on=sibling.domain)),
    }


def refused() -> dict[str, Ear]:
    """Who may not listen at all: what they show was good once."""
    disabled, locked_out, expired = (ear(factories.user("member")) for _ in range(3))
    disable_user(SYSTEM, user=disabled.user)
    disable_account(SYSTEM, account=locked_out.own)
    ApiKey.objects.filter(user=expired.user).update(expires_at=timezone.now() - timedelta(minutes=1))
    Client(headers={"cookie": f"sessionid={expired.session}"}).post("/sign-out/")
    below = ear(factories.user("member", factories.account(factories.unique("suspended"))))
    suspend_domain(SYSTEM, domain=below.own.domain)
    return {"disabled": disabled, "of a disabled account": locked_out, "expired": expired, "below a suspended": below}


def change_everything(owned: Estate) -> None:
    """Something happens to each thing, and a job is started."""
    stop_instance(owned.actor, instance=owned.things["instance"])
    for thing in _owned_things(owned):
        announce_resource(thing)
    connections.close_all()


def _owned_things(owned: Estate) -> list[Any]:
    return [thing for thing in owned.things.values() if getattr(thing, "account_id", None) and hasattr(thing, "uuid")]


def leaks(owned: Estate) -> list[str]:
    """What anybody hears who should not, or does not hear who should, on every stream."""
    hear, ignorant = listeners(owned), strangers()

    async def listen() -> list[str]:
        found = []
        async with live_process(), AsyncExitStack() as stack:
            ears = {
                (who, address): await stack.enter_async_context(Listening(address, one.headers(rule)))
                for who, one in {**hear, **ignorant}.items()
                for (_, address), rule in STREAMS.items()
            }
            await asyncio.to_thread(change_everything, owned)
            for one in ignorant.values():
                await asyncio.to_thread(_announce, one.own)
            for (who, address), stream in ears.items():
                if who in ignorant:
                    await stream.until(str(ignorant[who].own.uuid))
                    told = stream.heard.decode()
                    found += [f"{who} hears “{word}” on {address}" for word in sorted(owned.words()) if word in told]
                else:
                    for thing in _owned_things(owned):
                        await stream.until(str(thing.uuid))
        return found

    return asyncio.run(listen())


def _announce(account: Account) -> None:
    announce_resource(account)
    connections.close_all()


def test_every_address_of_the_live_process_has_a_row() -> None:
    assert sorted(ADDRESSES) == sorted(LIVE), "write rows for these into tests/authority/table.py"


def test_changes_are_heard_by_those_they_concern_alone(owned: Estate) -> None:
    assert leaks(owned) == []


def test_who_may_not_act_may_not_listen() -> None:
    turned_away = refused()

    async def statuses(address: str, rule: Stream) -> dict[str, int]:
        found = {}
        async with live_process():
            for who, one in turned_away.items():
                async with Listening(address, one.headers(rule)) as stream:
                    found[who] = stream.status
            async with Listening(address) as stream:
                found["nobody"] = stream.status
        return found

    for (_, address), rule in STREAMS.items():
        found = asyncio.run(statuses(address, rule))
        assert found == dict.fromkeys(found, 401), address


def test_control_a_listener_that_hears_everything_is_caught(owned: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Listener, "may_hear", lambda _listener, _account: True)

    found = leaks(owned)

    for who in ("another tenant", "a reader elsewhere", "admin of a sibling domain"):
        assert any(words.startswith(who) for words in found), who


def _lose_role(owned: Estate) -> None:
    for grant in Grant.objects.filter(user=owned.actor.user_id):
        revoke_grant(SYSTEM, grant=grant)


def _expire(_owned: Estate) -> None:
    ConsoleTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def _use(_owned: Estate) -> None:
    ConsoleTicket.objects.update(redeemed_at=timezone.now())


# What may come between the token and its use.
BETWEEN: dict[str, Callable[[Estate], object]] = {
    "the role is revoked": _lose_role,
    "the user is disabled": lambda owned: disable_user(SYSTEM, user=owned.things["user"]),
    "the account is disabled": lambda owned: disable_account(SYSTEM, account=owned.things["account"]),
    "the domain is suspended": lambda owned: suspend_domain(SYSTEM, domain=home_of(owned)),
    "a minute passes": _expire,
    "somebody else uses it": _use,
}


def screen(token: str) -> bool:
    async def ask() -> bool:
        async with live_process():
            return await opens(token)

    return asyncio.run(ask())


@pytest.mark.parametrize("event", BETWEEN)
def test_a_token_opens_no_screen_after(event: str, owned: Estate) -> None:
    token = open_console(owned.actor, instance=owned.things["instance"])

    BETWEEN[event](owned)

    assert not screen(token)


def test_a_token_opens_the_screen_for_its_owner_and_a_wrong_one_does_not(owned: Estate) -> None:
    token = open_console(owned.actor, instance=owned.things["instance"])

    assert not screen("")
    assert not screen(token[:-1] + ("a" if token[-1] != "a" else "b"))
    assert not screen(str(owned.things["instance"].uuid))
    assert screen(token)
    assert LIVE["websocket", "/live/console/"] == Screen()


def test_control_a_relay_that_does_not_ask_again_is_caught(owned: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudportal.live.relay.may_stay_open", lambda _ticket: True)
    token = open_console(owned.actor, instance=owned.things["instance"])
    _lose_role(owned)

    assert screen(token), "the rows above would not have noticed"
