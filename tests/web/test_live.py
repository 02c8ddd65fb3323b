"""The live process: who hears what, and the bytes of consoles."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.test import Client

from cloudportal.live.events import RESYNC, Events, _pieces, as_event
from cloudportal.live.handshake import VERSION, introduce, response
from cloudportal.live.hub import QUEUE_LENGTH, SPREAD_SECONDS, Subscriber
from cloudportal.live.relay import relay
from cloudportal.live.replies import origin_allowed
from cloudportal.live.sessions import Listener, listener_of
from compute.services.consoles import open_console
from tenants.actor import SYSTEM, Actor
from tenants.models import Account, Grant, User
from tenants.services.domains import suspend_domain
from tenants.services.grants import revoke_grant
from tenants.services.users import disable_user
from tests import factories
from tests.factories import Cloud
from tests.web.conftest import Visit

Message = dict[str, Any]
HOST = (b"host", b"testserver:8001")


def scope(kind: str = "http", path: str = "/live/events", *headers: tuple[bytes, bytes]) -> Message:
    return {"type": kind, "method": "GET", "path": path, "headers": [HOST, *headers]}


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


async def answer_of(serve: Callable[..., Awaitable[None]], asked: Message) -> Message:
    """The first message of an answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    await serve(asked, receive, send)
    return sent[0]


@pytest.mark.parametrize(
    ("origin", "kind", "allowed"),
    [
        (b"http://testserver:8000", "http", True),
        (b"https://testserver", "websocket", True),
        (b"", "http", True),
        (b"", "websocket", False),
        (b"http://evil.example", "http", False),
        (b"http://testserver.evil.example", "websocket", False),
        (b"null", "websocket", False),
    ],
)
def test_only_pages_of_this_portal_may_ask(origin: bytes, kind: str, allowed: bool) -> None:
    headers = [(b"origin", origin)] if origin else []

    assert origin_allowed(scope(kind, "/", *headers)) is allowed


def test_an_unknown_host_is_refused() -> None:
    asked = scope() | {"headers": [(b"host", b"rebound.example"), (b"origin", b"http://rebound.example")]}

    assert not origin_allowed(asked)


def test_a_tenant_hears_of_its_own_accounts_only(tenant: Actor, other_tenant: Actor, operator: Actor) -> None:
    own = Listener(False, frozenset({tenant.account_id or 0}))

    assert own.may_hear(tenant.account_id)
    assert not own.may_hear(other_tenant.account_id)
    assert not own.may_hear(None)
    assert Listener(True, frozenset()).may_hear(None)


@pytest.mark.django_db(transaction=True)
def test_a_session_that_ended_hears_nothing(visit: Visit, tenant: Actor) -> None:
    key = session_of(visit(tenant))
    assert listener_of(key) == Listener(False, frozenset({tenant.account_id or 0}), tenant.user_id)

    Session.objects.all().delete()

    assert listener_of(key) is None
    assert listener_of("") is None


@pytest.mark.django_db(transaction=True)
def test_without_a_session_there_is_no_stream() -> None:
    events = Events()

    refused = asyncio.run(answer_of(events.serve, scope()))
    foreign = asyncio.run(answer_of(events.serve, scope("http", "/", (b"origin", b"http://evil.example"))))

    assert (refused["status"], foreign["status"]) == (401, 403)


@pytest.mark.django_db(transaction=True)
def test_a_change_reaches_the_browser_within_a_second(visit: Visit, tenant: Actor, other_tenant: Actor) -> None:
    cookie = (b"cookie", f"sessionid={session_of(visit(tenant))}".encode())

    async def listen() -> bytes:
        events = Events()
        await events.start()
        heard, gone = asyncio.Queue[bytes](), asyncio.Event()

        async def receive() -> Message:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message.get("body"):
                heard.put_nowait(message["body"])

        stream = asyncio.create_task(events.serve(scope("http", "/live/events", cookie), receive, send))
        assert b"retry" in await asyncio.wait_for(heard.get(), 5)
        while not events.is_listening:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(announce_both)
        body = b""
        while b"event: job" not in body:
            body = await asyncio.wait_for(heard.get(), 1)
        gone.set()
        await stream
        await events.stop()
        return body

    def announce_both() -> None:
        with connection.cursor() as cursor:
            for account, uuid in ((other_tenant.account_id, "foreign"), (tenant.account_id, "own")):
                payload = f'{{"kind": "job", "account": {account}, "uuid": "{uuid}"}}'
                cursor.execute("SELECT pg_notify('cloudportal', %s)", [payload])
        connections.close_all()

    body = asyncio.run(listen())

    assert b'"uuid": "own"' in body
    assert b"account" not in body


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("concerns", ["the user", "everybody"])
def test_an_open_stream_ends_with_its_user(visit: Visit, tenant: Actor, concerns: str) -> None:
    cookie = (b"cookie", f"sessionid={session_of(visit(tenant))}".encode())
    account = Account.objects.select_related("domain").get(pk=tenant.account_id)

    def shut_out() -> None:
        if concerns == "the user":
            disable_user(SYSTEM, user=User.objects.get(pk=tenant.user_id))
        else:
            suspend_domain(SYSTEM, domain=account.domain)
        connections.close_all()

    async def listen() -> None:
        events = Events()
        await events.start()

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            pass

        stream = asyncio.create_task(events.serve(scope("http", "/live/events", cookie), receive, send))
        while not events.is_listening or not events.hub.subscribers:
            await asyncio.sleep(0.01)
        await asyncio.to_thread(shut_out)
        await asyncio.wait_for(stream, SPREAD_SECONDS + 5)
        await events.stop()

    asyncio.run(listen())


def test_what_changes_rights_is_told_to_no_browser() -> None:
    browser = Subscriber(Listener(False, frozenset({7}), user=3))

    browser.offer({"kind": "access", "user": 4})
    assert browser.queue.empty()
    browser.offer({"kind": "access", "user": 3})

    assert browser.check_at <= time.monotonic()
    assert as_event(browser.queue.get_nowait()) == b""


@pytest.mark.django_db(transaction=True)
def test_an_open_console_ends_with_the_right_to_it(
    tenant: Actor, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cloudportal.live.relay.WATCH_SECONDS", 0.05)
    token = open_console(tenant, instance=factories.instance(tenant, cloud))

    def revoke() -> None:
        revoke_grant(SYSTEM, grant=Grant.objects.get(user=tenant.user_id))
        connections.close_all()

    async def watched() -> list[Message]:
        sent: list[Message] = []
        todo: list[Message] = [{"type": "websocket.connect"}]

        async def receive() -> Message:
            if todo:
                return todo.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        origin = (b"origin", b"http://testserver:8000")
        console = asyncio.create_task(relay(scope("websocket", "/", origin), receive, send, token=token))
        while not any(message["type"] == "websocket.send" for message in sent):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        assert not console.done(), "it stays open as long as it may"
        await asyncio.to_thread(revoke)
        await asyncio.wait_for(console, 5)
        return sent

    assert asyncio.run(watched())[-1] == {"type": "websocket.close", "code": 1008}


def test_a_slow_browser_is_told_to_read_again() -> None:
    slow = Subscriber(Listener(True, frozenset()))

    for number in range(QUEUE_LENGTH + 1):
        slow.offer({"kind": "job", "uuid": number})

    assert slow.lost
    assert slow.queue.qsize() == QUEUE_LENGTH


@pytest.mark.parametrize("listener", [Listener(True, frozenset()), Listener(False, frozenset({7}))])
def test_after_a_lost_connection_everybody_reads_again_at_once(listener: Listener) -> None:
    async def first_piece() -> bytes:
        subscriber, gone = Subscriber(listener), asyncio.create_task(asyncio.sleep(60))
        subscriber.resync()
        try:
            return await asyncio.wait_for(anext(_pieces(subscriber, "key", gone)), 1)
        finally:
            gone.cancel()

    assert asyncio.run(first_piece()) == RESYNC


def test_an_event_says_nothing_that_is_not_public() -> None:
    event = as_event({"kind": "job", "uuid": "a", "account": 7, "secret": "b"})

    assert event == b'event: job\ndata: {"uuid": "a"}\n\n'
    assert as_event({"kind": "job\ndata: x"}) == b""


def test_the_password_of_a_screen_is_answered_as_the_protocol_says() -> None:
    # No password is a key of zeros, whose answer is a known vector of DES (NBS Special Publication 500-20).
    assert response(bytes(16), "") == bytes.fromhex("8ca64de9c1b123a7") * 2
    # Mirrored, the letter “@” (01000000) is the byte 02, and only the first eight letters count.
    assert response(bytes(16), "12345678") == response(bytes(16), "123456789")
    assert response(bytes(16), "@") != response(bytes(16), "\x02")


def test_the_browser_never_sees_the_password() -> None:
    async def introduced() -> tuple[bytes, bytes]:
        screen, ours = socket.socketpair()
        screen.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=ours)
        to_browser = bytearray()

        class Browser:
            answers = bytearray(VERSION + b"\x01")

            async def read_exactly(self, count: int) -> bytes:
                taken, self.answers = bytes(self.answers[:count]), self.answers[count:]
                return taken

            async def write(self, data: bytes) -> None:
                to_browser.extend(data)

        loop = asyncio.get_running_loop()
        await loop.sock_sendall(screen, VERSION + b"\x01\x02" + bytes(16) + bytes(4))
        await introduce(reader, writer, Browser(), "secret")
        said = await loop.sock_recv(screen, 100)
        writer.close()
        screen.close()
        return bytes(to_browser), said

    to_browser, to_screen = asyncio.run(introduced())

    assert to_browser == VERSION + b"\x01\x01" + bytes(4)
    assert to_screen.startswith(VERSION + b"\x02" + response(bytes(16), "secret"))


async def relayed(token: str, send_bytes: list[bytes]) -> list[Message]:
    """What a browser gets that opens a console, says these bytes when asked, and goes."""
    sent: list[Message] = []
    heard = asyncio.Event()
    origin = (b"origin", b"http://testserver:8000")
    todo: list[Message] = [{"type": "websocket.connect"}]
    todo += [{"type": "websocket.receive", "bytes": piece} for piece in send_bytes]

    async def receive() -> Message:
        if todo:
            return todo.pop(0)
        await asyncio.wait_for(heard.wait(), 5)
        return {"type": "websocket.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message["type"] == "websocket.send":
            heard.set()

    asked = scope("websocket", "/", origin, (b"sec-websocket-protocol", b"binary"))
    await relay(asked, receive, send, token=token)
    return sent


@pytest.mark.django_db(transaction=True)
def test_a_token_opens_the_screen_once(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)
    token = open_console(tenant, instance=instance)

    first = asyncio.run(relayed(token, []))
    second = asyncio.run(relayed(token, []))

    assert first[0] == {"type": "websocket.accept", "subprotocol": "binary"}
    assert first[1]["bytes"].startswith(b"RFB 003.")
    assert first[-1]["type"] == "websocket.close"
    assert second == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.django_db(transaction=True)
def test_no_token_no_screen(db: None) -> None:
    for token in ("", "nonsense", "a" * 5000):
        assert asyncio.run(relayed(token, []))[0]["type"] == "websocket.close"
