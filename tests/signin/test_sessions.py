"""The browsers that somebody is signed in with."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connections
from django.test import Client
from django.utils import timezone

from cloudportal.core.errors import NotFound
from cloudportal.live.events import Events
from tenants.actor import actor_of
from tenants.models import KnownBrowser, SignInThrottle, User
from tenants.services.sessions import end_session, end_sessions
from tenants.workflows import PRUNE_SIGN_IN
from tests import factories
from tests.conftest import RunJobs
from tests.signin.conftest import ELSEWHERE, HOME, Browser, actions, words
from tests.web.test_live import HOST

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Mobile Safari/604"


def both(user: User) -> tuple[Browser, Browser]:
    desk, phone = Browser(HOME), Browser(ELSEWHERE, PHONE)
    desk.sign_in(user)
    phone.sign_in(user)
    return desk, phone


def test_they_are_shown_with_browser_and_address(someone: User) -> None:
    desk, _ = both(someone)

    page = words(desk.get("/profile/sessions/"))

    for text in ("Firefox on Linux", "Safari on iPhone", HOME, ELSEWHERE, "This browser"):
        assert text in page
    assert page.count("data-row") == 2


def test_one_is_ended_at_once(someone: User) -> None:
    desk, phone = both(someone)
    row = UserSession.objects.get(ip=ELSEWHERE)

    desk.post(f"/profile/sessions/{row.pk}/end/")

    assert desk.is_in
    assert not phone.is_in
    assert actions(someone)[-1] == "tenants.end_sessions"
    assert ELSEWHERE not in words(desk.get("/profile/sessions/"))


def test_all_others_are_ended_at_once(someone: User) -> None:
    desk, phone = both(someone)

    desk.post("/profile/sessions/others/end/")

    assert desk.is_in
    assert not phone.is_in


def test_ones_own_is_ended_too(someone: User) -> None:
    desk, phone = both(someone)
    row = UserSession.objects.get(ip=HOME)

    desk.post(f"/profile/sessions/{row.pk}/end/")

    assert not desk.is_in
    assert phone.is_in


def test_others_sessions_are_ended_by_who_manages_them(someone: User) -> None:
    _, phone = both(someone)
    stranger = actor_of(factories.user("domain_admin"))
    admin = actor_of(factories.user("domain_admin", on=someone.account.domain))

    with pytest.raises(NotFound):
        end_session(stranger, session=UserSession.objects.get(ip=ELSEWHERE))
    with pytest.raises(NotFound):
        end_sessions(stranger, user=someone)
    assert phone.is_in

    assert end_sessions(admin, user=someone) == 2
    assert not phone.is_in


def test_signing_out_leaves_no_session(someone: User) -> None:
    desk, _ = both(someone)

    desk.post("/sign-out/")

    assert list(UserSession.objects.values_list("ip", flat=True)) == [ELSEWHERE]


def test_a_session_gets_no_older_than_the_settings_say(someone: User, settings: Any) -> None:
    browser = Browser()
    browser.sign_in(someone)
    session = browser.client.session
    session["began_at"] = time.time() - settings.SESSION_LONGEST_SECONDS - 1
    session.save()

    assert browser.get("/")["Location"].startswith("/sign-in/")


def test_use_is_written_down_now_and_then(someone: User, django_assert_num_queries: Any) -> None:
    browser = Browser()
    browser.sign_in(someone)
    row = UserSession.objects.get()
    UserSession.objects.update(last_seen_at=row.last_seen_at - timedelta(days=1))

    browser.get("/profile/")
    assert UserSession.objects.get().last_seen_at < row.last_seen_at
    with django_assert_num_queries(3):  # session, user with what it owes, grants
        browser.get("/profile/")

    session = browser.client.session
    session["seen_at"] = time.time() - 301
    session.save()
    browser.get("/profile/")
    assert UserSession.objects.get().last_seen_at >= row.last_seen_at


def test_what_ended_long_ago_is_forgotten(someone: User, run_jobs: RunJobs) -> None:
    both(someone)
    long_ago = timezone.now() - timedelta(days=200)
    Session.objects.filter(session_key=UserSession.objects.get(ip=HOME).session_key).update(expire_date=long_ago)
    KnownBrowser.objects.filter(address=HOME).update(seen_at=long_ago)
    SignInThrottle.objects.update(until=long_ago)

    factories.finished(start_prune())

    assert list(UserSession.objects.values_list("ip", flat=True)) == [ELSEWHERE]
    assert list(KnownBrowser.objects.values_list("address", flat=True)) == [ELSEWHERE]
    assert not SignInThrottle.objects.exists()


def start_prune() -> Any:
    from cloudportal.jobs.periodic import System  # noqa: PLC0415
    from cloudportal.jobs.services import start  # noqa: PLC0415

    return start(System(), PRUNE_SIGN_IN)


@pytest.mark.django_db(transaction=True)
def test_an_open_stream_ends_with_its_session_at_once(someone: User) -> None:
    client = Client()
    client.force_login(someone)
    client.get("/profile/")
    key = client.cookies["sessionid"].value

    async def listen() -> float:
        events = Events()
        await events.start()
        ended, heard = asyncio.Event(), asyncio.Event()

        async def receive() -> dict[str, Any]:
            await ended.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            heard.set()

        headers = [HOST, (b"cookie", f"sessionid={key}".encode())]
        asked = {"type": "http", "method": "GET", "path": "/live/events", "headers": headers}
        stream = asyncio.create_task(events.serve(asked, receive, send))
        await asyncio.wait_for(heard.wait(), 10)
        while not events.is_listening:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await asyncio.to_thread(end_it)
        await asyncio.wait_for(stream, 10)
        ended.set()
        await events.stop()
        return time.monotonic() - began

    def end_it() -> None:
        end_sessions(actor_of(someone), user=someone)
        connections.close_all()

    assert asyncio.run(listen()) < 8
