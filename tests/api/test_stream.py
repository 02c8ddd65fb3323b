"""Changes as they happen, for scripts."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from cloudportal.doors import rates
from cloudportal.live import events, hub
from cloudportal.live.choice import choice_of
from cloudportal.live.events import Events
from tenants.actor import Actor, actor_of
from tenants.models import ApiKey, User
from tenants.services.api_keys import create_api_key
from tests import factories
from tests.api.client import Api
from tests.api.test_problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/v1/stream/"


def key_of(actor: Actor) -> str:
    user = User.objects.get(pk=actor.user_id)
    return create_api_key(actor_of(user), user=user, name=factories.unique("key"))[1]


def announce(**change: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('cloudportal', %s)", [json.dumps(change)])
    connections.close_all()


class Listening:
    """A script that holds a stream open."""

    def __init__(self, key: str, query: str = "", *headers: tuple[bytes, bytes]) -> None:
        self.events = Events()
        self.gone = asyncio.Event()
        self.status = 0
        self.body = b""
        self.scope: dict[str, Any] = {
            "type": "http", "method": "GET", "path": PATH, "query_string": query.encode(),
            "headers": [(b"host", b"testserver"), (b"authorization", f"Bearer {key}".encode()), *headers],
        }  # fmt: skip

    async def __aenter__(self) -> Listening:
        await self.events.start()
        self.task = asyncio.create_task(self.events.serve(self.scope, self._receive, self._send))
        for _ in range(500):
            if (self.body and self.events.is_listening) or self.task.done():
                break
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.gone.set()
        await asyncio.wait_for(self.task, 5)
        await self.events.stop()

    async def until(self, text: bytes) -> bytes:
        for _ in range(500):
            if text in self.body:
                return self.body
            await asyncio.sleep(0.01)
        raise AssertionError(self.body)

    async def _receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


def test_a_key_hears_what_its_user_may_hear(tenant: Actor, other_tenant: Actor) -> None:
    async def story() -> bytes:
        async with Listening(key_of_tenant) as script:
            await asyncio.to_thread(announce, kind="job", account=other_tenant.account_id, uuid="foreign")
            await asyncio.to_thread(announce, kind="job", account=tenant.account_id, uuid="own")
            return await script.until(b'"own"')

    key_of_tenant = key_of(tenant)
    heard = asyncio.run(story())

    assert b"foreign" not in heard
    assert b"\nid: " in heard
    assert b"account" not in heard


def test_only_what_was_asked_for_is_heard(tenant: Actor) -> None:
    wanted, other = str(uuid4()), str(uuid4())
    query = f"kind=job&type=compute.instance&resource={wanted}"

    async def story() -> bytes:
        async with Listening(key, query) as script:
            for kind, type_, resource in [
                ("resource", "compute.instance", wanted), ("job", "network.network", wanted),
                ("job", "compute.instance", other), ("job", "compute.instance", wanted),
            ]:  # fmt: skip
                change = {"kind": kind, "type": type_, "resource": resource, "account": tenant.account_id}
                await asyncio.to_thread(announce, **change, uuid=f"{kind}-{type_}-{resource == wanted}")
            return await script.until(b"job-compute.instance-True")

    key = key_of(tenant)
    assert asyncio.run(story()).count(b'data: {"uuid"') == 1


def test_a_narrowed_key_hears_what_is_left(tenant: Actor) -> None:
    user = User.objects.get(pk=tenant.user_id)
    deaf = create_api_key(actor_of(user), user=user, name="deaf", permissions=["compute.view"])[1]

    async def story() -> bytes:
        async with Listening(deaf) as script, Listening(whole) as other:
            await asyncio.to_thread(announce, kind="job", account=tenant.account_id, uuid="own")
            await other.until(b'"own"')
            return script.body

    whole = key_of(tenant)
    assert b"own" not in asyncio.run(story())


@pytest.mark.parametrize(("address", "status"), [("192.0.2.7", 200), ("198.51.100.7", 401)])
def test_a_key_is_heard_from_its_networks_alone(tenant: Actor, address: str, status: int) -> None:
    user = User.objects.get(pk=tenant.user_id)
    key = create_api_key(actor_of(user), user=user, name="here", networks=["192.0.2.0/24"])[1]

    async def story() -> int:
        script = Listening(key)
        script.scope["client"] = (address, 50000)
        async with script:
            return script.status

    assert asyncio.run(story()) == status


def test_who_comes_back_is_told_to_read_again(tenant: Actor) -> None:
    async def story() -> bytes:
        async with Listening(key, "", (b"last-event-id", b"17")) as script:
            return await script.until(b"event: resync")

    key = key_of(tenant)
    asyncio.run(story())


def test_a_stream_ends_with_its_key(tenant: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "RECHECK_SECONDS", 0.2)
    monkeypatch.setattr(events, "RECHECK_SECONDS", 0.2)

    def forget() -> None:
        ApiKey.objects.all().delete()
        connections.close_all()

    async def story() -> None:
        async with Listening(key) as script:
            await script.until(b": still here")
            await asyncio.to_thread(forget)
            await asyncio.wait_for(script.task, 5)

    key = key_of(tenant)
    asyncio.run(story())


@pytest.mark.parametrize(
    ("key", "query", "status", "code"),
    [("cpk_wrong", "", 401, "not-authenticated"), ("", "colour=red", 400, "invalid"), ("", "job=x", 400, "invalid")],
)
def test_a_stream_that_can_not_be_is_a_problem(tenant: Actor, key: str, query: str, status: int, code: str) -> None:
    async def story() -> Listening:
        async with Listening(key or own, query) as script:
            return script

    own = key_of(tenant)
    script = asyncio.run(story())

    assert script.status == status
    assert json.loads(script.body)["code"] == code


def test_who_guesses_keys_at_the_live_process_is_slowed_down(settings: Any) -> None:
    settings.API_ANONYMOUS_PER_MINUTE = 3
    rates.forget_held()

    async def guess() -> int:
        async with Listening("cpk_wrong") as script:
            return script.status

    assert [asyncio.run(guess()) for _ in range(4)] == [401, 401, 401, 429]
    rates.forget_held()


def test_a_choice_says_what_is_wrong_with_it() -> None:
    assert choice_of(b"") == choice_of(b"type=")
    assert choice_of(b"kind=job&kind=resource").kinds == {"job", "resource"}


def test_the_other_process_knows_the_way(tenant: Actor, settings: Any) -> None:
    api = Api(tenant)
    assert_problem(api.get("stream/"), 421, "misdirected")

    settings.LIVE_PORT = "8001"
    answer = api.get("stream/", kind="job")

    assert (answer.status_code, answer["Location"]) == (307, "http://testserver:8001/api/v1/stream/?kind=job")
