"""Webhooks are made, tried and looked at, over REST and in the pages."""

from __future__ import annotations

import json

from cloudportal.core.models import Event
from tenants.actor import Actor, actor_of
from tenants.models import Account, Webhook
from tests import factories
from tests.api.client import Api
from tests.conftest import RunJobs
from tests.web.conftest import Visit, words
from tests.webhooks.receiver import Receiver


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
