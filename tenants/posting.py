"""Posting one event to one webhook, signed, within seconds."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from dataclasses import dataclass

import httpx

from cloudportal.core import clock
from cloudportal.core.configuration import value_of
from cloudportal.core.driver_errors import Fatal
from cloudportal.core.masking import masked
from cloudportal.core.outside import request_to
from tenants.models import Webhook, WebhookDelivery
from tenants.settings import WEBHOOK_INTERNAL_NETWORKS

# For everything together: a receiver that drips must not hold a worker.
SECONDS = 10
# Of the answer so much is read, and so much kept.
READ_BYTES, KEPT_CHARACTERS = 4096, 500


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt. Without a status nothing answered, and `problem` says why."""

    status: int | None
    duration_ms: int
    text: str = ""
    problem: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def post(webhook: Webhook, delivery: WebhookDelivery) -> Answer:
    """Post the delivery's body once. Never raises for what the other side does."""
    body = delivery.body.encode()
    began = time.monotonic()
    networks = value_of(WEBHOOK_INTERNAL_NETWORKS)
    status, text, problem = asyncio.run(_post(webhook.url, body, headers_of(webhook, delivery, body), networks))
    return Answer(status, round(1000 * (time.monotonic() - began)), text, problem)


def headers_of(webhook: Webhook, delivery: WebhookDelivery, body: bytes) -> dict[str, str]:
    """The headers of a delivery. The signature covers the time, so that an old delivery can't be played back."""
    now = clock.now()
    stamp = str(int(now.timestamp()))
    secrets = [webhook.secret]
    if webhook.previous_secret and webhook.previous_until and webhook.previous_until > now:
        secrets.append(webhook.previous_secret)
    return {
        "Content-Type": "application/json",
        "User-Agent": "CloudPortal-Webhook/1",
        "CloudPortal-Event": delivery.action,
        "CloudPortal-Delivery": str(delivery.uuid),
        "CloudPortal-Timestamp": stamp,
        "CloudPortal-Signature": ",".join(f"v1={signature(secret, stamp, body)}" for secret in secrets),
    }


def signature(secret: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA256 (RFC 2104) over ``<timestamp>.<body>``, in hexadecimal digits."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


async def _post(url: str, body: bytes, headers: dict[str, str], networks: list[str]) -> tuple[int | None, str, str]:
    try:
        async with asyncio.timeout(SECONDS), httpx.AsyncClient(follow_redirects=False, trust_env=False) as client:
            request = await asyncio.to_thread(
                request_to, client, "POST", url, internal=networks, headers=headers, content=body
            )
            response = await client.send(request, stream=True)
            try:
                return response.status_code, await _beginning(response), _judged(response.status_code)
            finally:
                await response.aclose()
    except TimeoutError:
        return None, "", f"No answer within {SECONDS} seconds."
    except Fatal as error:
        return None, "", str(error)
    except httpx.HTTPError as error:
        return None, "", f"No answer: {error}."[:255]


async def _beginning(response: httpx.Response) -> str:
    read = b""
    async for block in response.aiter_raw():
        read += block
        if len(read) >= READ_BYTES:
            break
    text = masked(read[:READ_BYTES].decode(errors="replace"))
    return "".join(mark if mark.isprintable() or mark == "\n" else "\ufffd" for mark in text)[:KEPT_CHARACTERS]


def _judged(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"The receiver answered {status}; redirects are not followed."
    return f"The receiver answered {status}."
