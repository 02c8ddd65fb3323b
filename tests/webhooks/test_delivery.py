"""Webhooks are told signed, in order, and again and again until it arrives."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest

from cloudportal.core import clock, events
from cloudportal.core.models import Event
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
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.web.conftest import Visit, words
from tests.webhooks.receiver import Receiver, dispatch, tell


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


def test_a_round_without_waiting_work_starts_no_delivery(webhook: Webhook, run_jobs: RunJobs) -> None:
    dispatch(run_jobs)

    assert not Job.objects.filter(kind="tenants.deliver_webhook").exists()
