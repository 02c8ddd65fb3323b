"""Webhooks never lead into our own networks."""

from __future__ import annotations

from typing import Any

import pytest

from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import InvalidInput
from cloudportal.core.outside import public_address
from tenants.actor import Actor
from tenants.models import Account, Webhook, WebhookDelivery
from tenants.posting import post
from tenants.services.webhooks import create_webhook
from tests.api.client import Api, messages
from tests.webhooks.receiver import Receiver


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
