"""Webhooks: signed, in order, again and again until they arrive, and never to our own networks."""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from cloudportal.core import clock, events
from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import InvalidInput
from cloudportal.core.models import Event, EventNotice
from cloudportal.core.outside import public_address
from cloudportal.jobs.inline import run_once
from cloudportal.jobs.models import Job
from cloudportal.jobs.services import start
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Webhook, WebhookDelivery
from tenants.posting import SECONDS, post, signature
from tenants.services.webhooks import create_webhook, rotate_webhook_secret, update_webhook
from tenants.workflows import DISPATCH_EVENTS
from tenants.workflows.deliver_webhook import BACKOFF_SECONDS, note
from tests import factories
from tests.api.client import Api, messages
from tests.conftest import RunJobs
from tests.web.conftest import Visit, words


class Receiver:
    """An HTTP server that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, bytes]] = []
        self.location = ""
        self.drip = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.got.append((dict(self.headers), body))
                status, text = outer.answers.pop(0) if outer.answers else (204, b"")
                if outer.drip:
                    outer._drip(self)
                    return
                self.send_response(status)
                if outer.location:
                    self.send_header("Location", outer.location)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: Any) -> None:
                """Not into the output of the tests."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            for _ in range(200):
                handler.wfile.write(b"X")
                handler.wfile.flush()
                time.sleep(0.1)
        except OSError:
            return

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _headers, body in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_INTERNAL_NETWORKS = ["127.0.0.1/32"]
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def tenant(db: None) -> Actor:
    """Members see webhooks; whoever decides about the account makes them."""
    return actor_of(factories.user("account_owner"))


@pytest.fixture
def home(tenant: Actor) -> Account:
    return Account.objects.get(pk=tenant.account_id)


@pytest.fixture
def webhook(tenant: Actor, home: Account, receiver: Receiver) -> Webhook:
    made, _ = create_webhook(tenant, account=home, name="ours", url=receiver.url, actions=["test."])
    EventNotice.objects.all().delete()
    return made


def tell(home: Account, *actions: str, level: str = "info", **details: Any) -> None:
    for action in actions:
        events.record(SYSTEM, action, f"{action} happened.", account_id=home.pk, level=level, **details)


def dispatch(run_jobs: RunJobs) -> None:
    start(SYSTEM, DISPATCH_EVENTS)
    run_jobs()


def test_events_are_posted_signed_and_in_order(
    webhook: Webhook, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    tell(home, "test.one", "other.thing", "test.two", "test.three")

    dispatch(run_jobs)

    assert [body["action"] for body in receiver.bodies()] == ["test.one", "test.two", "test.three"]
    headers, body = receiver.got[0]
    assert headers["CloudPortal-Signature"] == f"v1={signature(webhook.secret, headers['CloudPortal-Timestamp'], body)}"
    assert abs(int(headers["CloudPortal-Timestamp"]) - time.time()) < 60
    assert headers["CloudPortal-Event"] == "test.one"
    assert json.loads(body)["account"] == {"id": str(home.uuid), "name": home.name}
    assert {row.state for row in webhook.deliveries.all()} == {"delivered"}
    # It leaves no line in the trail, which would be posted again.
    assert not Event.objects.filter(action__startswith="tenants.deliver_webhook").exists()
    dispatch(run_jobs)
    assert len(receiver.got) == 3


def test_the_documented_check_accepts_what_is_posted_and_nothing_else(
    webhook: Webhook, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    code = _documented_check()
    tell(home, "test.one")
    dispatch(run_jobs)
    headers, body = receiver.got[0]

    assert code["is_genuine"](webhook.secret, headers, body)
    assert not code["is_genuine"]("whsec_wrong", headers, body)
    assert not code["is_genuine"](webhook.secret, headers, body + b" ")
    assert not code["is_genuine"](webhook.secret, headers | {"CloudPortal-Timestamp": "1"}, body)


def _documented_check() -> dict[str, Any]:
    from pathlib import Path  # noqa: PLC0415

    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text()
    code: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("```")[0], code)  # noqa: S102 - our own page
    return code


def test_both_secrets_sign_for_a_day_after_a_rotation(
    tenant: Actor, webhook: Webhook, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    old = webhook.secret
    new = rotate_webhook_secret(tenant, webhook=webhook)
    tell(home, "test.one")
    dispatch(run_jobs)
    Webhook.objects.update(previous_until=clock.now() - dt.timedelta(seconds=1))
    tell(home, "test.two")
    dispatch(run_jobs)

    (headers, body), (later, later_body) = receiver.got
    stamp = headers["CloudPortal-Timestamp"]
    assert headers["CloudPortal-Signature"] == f"v1={signature(new, stamp, body)},v1={signature(old, stamp, body)}"
    stamp = later["CloudPortal-Timestamp"]
    assert later["CloudPortal-Signature"] == f"v1={signature(new, stamp, later_body)}"


def test_what_fails_is_tried_again_before_what_comes_after_it(
    webhook: Webhook, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    receiver.answers = [(500, b"no"), (503, b"not yet")]
    tell(home, "test.one", "test.two")
    start(SYSTEM, DISPATCH_EVENTS)

    for _ in range(6):
        # The times that deliveries wait for come at once.
        WebhookDelivery.objects.update(next_at=clock.now())
        for job in Job.objects.filter(state__in=("queued", "waiting")).order_by("id"):
            run_once(job, hurry=True)

    assert [body["action"] for body in receiver.bodies()] == ["test.one", "test.one", "test.one", "test.two"]
    assert [row.attempts for row in webhook.deliveries.order_by("id")] == [3, 1]
    webhook.refresh_from_db()
    assert (webhook.failing_since, webhook.problem) == (None, "")


def test_a_webhook_hears_of_its_own_account_alone(
    webhook: Webhook, other_tenant: Actor, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    tell(Account.objects.get(pk=other_tenant.account_id), "test.foreign")
    events.record(SYSTEM, "test.cloud", "Of nobody.")

    dispatch(run_jobs)

    assert receiver.got == []


def test_a_domains_webhook_hears_of_everything_below(
    home: Account, other_tenant: Actor, receiver: Receiver, run_jobs: RunJobs, operator: Actor, visit: Visit
) -> None:
    admin = actor_of(factories.user("domain_admin", on=home.domain))
    create_webhook(admin, domain=home.domain, name="branch", url=receiver.url, actions=["test."], level="warning")
    create_webhook(operator, domain=factories.root(), name="all", url=f"{receiver.url}-all", actions=["test."])

    tell(home, "test.quiet")
    tell(home, "test.loud", level="error")
    tell(Account.objects.get(pk=other_tenant.account_id), "test.foreign", level="error")
    events.record(SYSTEM, "test.cloud", "Of nobody.", level="error")
    dispatch(run_jobs)

    of_branch = [row.action for row in WebhookDelivery.objects.filter(webhook__name="branch").order_by("id")]
    of_all = [row.action for row in WebhookDelivery.objects.filter(webhook__name="all").order_by("id")]
    assert of_branch == ["test.loud"]
    page = words(visit(admin).get("/webhooks/"))
    assert "and all below" in page
    assert f"{receiver.url}-all" not in page
    form = words(visit(admin).get("/webhooks/new/"))
    assert str(home.domain.uuid) in form
    assert of_all == ["test.quiet", "test.loud", "test.foreign", "test.cloud"]


def test_origins_are_not_posted(api: Api, webhook: Webhook, receiver: Receiver, run_jobs: RunJobs) -> None:
    Webhook.objects.update(actions=["tenants.create_api_key"])
    api.post("api-keys/", {"name": "laptop"})

    dispatch(run_jobs)

    (body,) = receiver.bodies()
    assert body["after"]["name"] == "laptop"
    assert "127.0.0.1" not in receiver.got[0][1].decode()


def test_attempts_are_spaced_out_and_end(webhook: Webhook, home: Account, receiver: Receiver) -> None:
    delivery = WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}")
    receiver.answers = [(500, b"no")] * 20
    pauses = []
    for _ in range(len(BACKOFF_SECONDS) + 1):
        note(delivery, post(webhook, delivery))
        delivery.refresh_from_db()
        pauses.append(round((delivery.next_at - clock.now()).total_seconds() / 5) * 5)

    assert delivery.state == "failed"
    assert pauses[: len(BACKOFF_SECONDS)] == list(BACKOFF_SECONDS)
    assert (delivery.status, delivery.answer, delivery.problem) == (500, "no", "The receiver answered 500.")


def test_an_answer_is_kept_short_and_masked(webhook: Webhook, receiver: Receiver) -> None:
    delivery = WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}")
    receiver.answers = [(200, b"postgresql://me:hunter2@db/x \x00\x1b[31m" + b"x" * 100_000)]

    answer = post(webhook, delivery)

    assert answer.is_accepted
    assert len(answer.text) == 500
    assert "hunter2" not in answer.text
    assert answer.text.isprintable()


def test_a_redirect_is_not_followed(webhook: Webhook, receiver: Receiver) -> None:
    receiver.answers, receiver.location = [(302, b"")], receiver.url + "-elsewhere"

    answer = post(webhook, WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}"))

    assert (answer.status, answer.is_accepted) == (302, False)
    assert len(receiver.got) == 1


def test_a_receiver_that_drips_is_left_in_time(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.posting.SECONDS", 1)
    receiver.drip = True
    began = time.monotonic()

    answer = post(webhook, WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}"))

    assert (answer.status, answer.problem) == (None, "No answer within 1 seconds.")
    assert time.monotonic() - began < SECONDS


def test_nobody_listening_is_a_failure_in_words(webhook: Webhook, receiver: Receiver) -> None:
    receiver.close()

    answer = post(webhook, WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}"))

    assert answer.status is None
    assert answer.problem.startswith("No answer")


def test_after_days_of_failure_it_is_disabled_and_the_trail_says_so(webhook: Webhook, receiver: Receiver) -> None:
    delivery = WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}")
    receiver.answers = [(500, b"")]
    Webhook.objects.update(failing_since=clock.now() - dt.timedelta(days=4))

    note(delivery, post(webhook, delivery))

    webhook.refresh_from_db()
    assert not webhook.is_enabled
    event = Event.objects.get(action="tenants.disable_webhook")
    assert (event.level, event.account_id) == ("error", webhook.account_id)


def test_a_disabled_one_is_enabled_again(tenant: Actor, webhook: Webhook) -> None:
    Webhook.objects.update(is_enabled=False, failing_since=clock.now(), problem="x")

    update_webhook(tenant, webhook=webhook, is_enabled=True)

    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.failing_since, webhook.problem) == (True, None, "")


def test_a_deleted_one_is_told_nothing_more(
    api: Api, webhook: Webhook, home: Account, receiver: Receiver, run_jobs: RunJobs
) -> None:
    tell(home, "test.one")
    start(SYSTEM, DISPATCH_EVENTS)
    assert api.delete(f"webhooks/{webhook.uuid}/").status_code == 204

    run_jobs()

    assert receiver.got == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "0.0.0.0",  # noqa: S104
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254",
        "224.0.0.1", "255.255.255.255", "[::1]", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:127.0.0.1]",
        "[::ffff:a00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[ff02::1]", "[::]", "2130706433", "0x7f.1", "127.1",
    ],
)  # fmt: skip
def test_internal_addresses_are_refused_at_the_field_and_at_the_post(
    host: str, api: Api, tenant: Actor, home: Account
) -> None:
    answer = api.post("webhooks/", {"name": "in", "url": f"http://{host}:9/", "account": str(home.uuid)})

    assert answer.status_code == 400
    assert messages(answer)["url"]
    assert not Webhook.objects.exists()
    # Were it there all the same, such as since before its name led there: nothing is connected to.
    kept = Webhook.objects.create(account=home, name="in", url=f"http://{host}:9/", secret="x")
    posted = post(kept, WebhookDelivery.objects.create(webhook=kept, action="test.x", body="{}"))
    assert posted.status is None
    assert "internal address" in posted.problem or "no host called" in posted.problem


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://", "https://me:pw@example.com/", "javascript:1", "x"])
def test_urls_that_are_none_are_refused_at_the_field(url: str, tenant: Actor, home: Account) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_webhook(tenant, account=home, name="x", url=url)
    assert list(refusal.value.errors) == ["url"]


def test_the_connection_goes_to_the_address_that_was_checked(
    webhook: Webhook, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """A name server that answers differently the second time."""
    import socket  # noqa: PLC0415

    asked = []
    port = int(receiver.url.rpartition(":")[2].partition("/")[0])

    def turncoat(host: str, *_args: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        # Whoever asks for the name again is led to where nobody listens.
        found = "127.0.0.1" if asked.count("turncoat.test") == 1 or host != "turncoat.test" else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    monkeypatch.setattr(socket, "getaddrinfo", turncoat)
    Webhook.objects.update(url=f"http://turncoat.test:{port}/hook")
    webhook.refresh_from_db()

    answer = post(webhook, WebhookDelivery.objects.create(webhook=webhook, action="test.x", body="{}"))

    assert answer.is_accepted, answer
    assert receiver.got[0][0]["Host"] == f"turncoat.test:{port}"
    assert asked.count("turncoat.test") == 1


def test_one_internal_address_among_several_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket  # noqa: PLC0415

    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)

    with pytest.raises(Fatal, match="internal address"):
        public_address("both.test", 80, internal=[])


def test_the_secret_is_shown_once(api: Api, home: Account, receiver: Receiver) -> None:
    made = api.post("webhooks/", {"name": "mine", "url": receiver.url, "account": str(home.uuid)}).json()

    assert made["secret"].startswith("whsec_")
    for address in ("webhooks/", f"webhooks/{made['id']}/", "events/", "webhook-deliveries/"):
        assert made["secret"] not in api.get(address).content.decode()
    rotated = api.post(f"webhooks/{made['id']}/rotate-secret/").json()
    assert rotated["secret"] not in {made["secret"], ""}
    event = Event.objects.get(action="tenants.rotate_webhook_secret")
    assert event.after["secret"] == event.before["secret"] == "***"


def test_a_test_and_a_redelivery_are_posted(api: Api, webhook: Webhook, receiver: Receiver, run_jobs: RunJobs) -> None:
    tested = api.post(f"webhooks/{webhook.uuid}/test/").json()
    run_jobs()
    api.post(f"webhook-deliveries/{tested['id']}/redeliver/")
    run_jobs()

    assert [body["action"] for body in receiver.bodies()] == ["webhook.test", "webhook.test"]
    assert receiver.got[0][1] == receiver.got[1][1]
    shown = api.get(f"webhook-deliveries/{tested['id']}/").json()
    assert (shown["state"], shown["status"], shown["attempts"]) == ("delivered", 204, 1)
    assert json.loads(shown["body"])["action"] == "webhook.test"


def test_a_round_without_waiting_work_starts_no_delivery(webhook: Webhook, run_jobs: RunJobs) -> None:
    dispatch(run_jobs)

    assert not Job.objects.filter(kind="tenants.deliver_webhook").exists()


def test_members_see_webhooks_and_change_none(webhook: Webhook, home: Account) -> None:
    member = Api(actor_of(factories.user("member", of=home)))

    assert member.get(f"webhooks/{webhook.uuid}/").status_code == 200
    assert member.patch(f"webhooks/{webhook.uuid}/", {"name": "x"}).status_code == 403
    assert member.delete(f"webhooks/{webhook.uuid}/").status_code == 403


def test_there_is_a_most(tenant: Actor, home: Account, receiver: Receiver, api: Api) -> None:
    Webhook.objects.bulk_create(Webhook(account=home, name=f"{n}", url=receiver.url, secret="x") for n in range(20))

    answer = api.post("webhooks/", {"name": "one more", "url": receiver.url, "account": str(home.uuid)})

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_pages_lead_from_the_first_webhook_to_its_deliveries(
    visit: Visit, tenant: Actor, receiver: Receiver, run_jobs: RunJobs
) -> None:
    client = visit(tenant)
    assert "No webhooks yet" in words(client.get("/webhooks/"))

    form = {"name": "mine", "url": receiver.url, "actions": "compute. tenants.", "level": "info"}
    shown = words(client.post("/webhooks/new/", form))
    webhook = Webhook.objects.get()
    assert webhook.secret in shown
    assert webhook.actions == ["compute.", "tenants."]
    client.post(f"/webhooks/{webhook.uuid}/test/")
    run_jobs()

    assert receiver.url in words(client.get("/webhooks/"))
    page = words(client.get(f"/webhooks/{webhook.uuid}/"))
    assert "webhook.test" in page
    assert "Delivered" in page
    assert webhook.secret not in page
    client.post(f"/webhooks/{webhook.uuid}/change/", form | {"name": "other"})
    webhook.refresh_from_db()
    assert (webhook.name, webhook.is_enabled) == ("other", False)
    rotated = words(client.post(f"/webhooks/{webhook.uuid}/rotate/"))
    webhook.refresh_from_db()
    assert webhook.secret in rotated
    client.post(f"/webhooks/{webhook.uuid}/delete/")
    assert not Webhook.objects.exists()


def test_a_wrong_form_is_answered_at_the_field(visit: Visit, tenant: Actor) -> None:
    answer = visit(tenant).post("/webhooks/new/", {"name": "x", "url": "http://127.0.0.1/", "level": "info"})

    assert answer.status_code == 422
    assert "internal address" in words(answer)
