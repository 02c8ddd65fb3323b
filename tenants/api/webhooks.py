"""Webhooks and their deliveries."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.response import Response

from cloudportal.core.models import Event
from cloudportal.doors.api.bodies import Body, Reference, accepts
from cloudportal.doors.api.fields import flag, one_of, text
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, ref
from cloudportal.doors.api.views import ResourceViewSet, answers, changes, on_object, operation, removes
from cloudportal.doors.ordering import BY_NAME
from tenants import selectors
from tenants.filters import WebhookDeliveryFilterSet, WebhookFilterSet
from tenants.models import Webhook, WebhookDelivery
from tenants.services import webhooks


class WebhookRow(Row):
    """A URL that is told of events. Its secret is shown when it is made or rotated, and never again."""

    id: UUID = column("uuid")
    name: str = column()
    account: Ref | None = ref()
    domain: Ref | None = ref()
    url: str = column()
    actions: list[str] = column(help="Beginnings of actions; none means every event.")
    level: str = column(choices=Event.Level.values, help="Events below it are not posted.")
    is_enabled: bool = column()
    failing_since: dt.datetime | None = column()
    problem: str = column(help="Of the last attempt, while it fails.")
    created_at: dt.datetime = column()


class WebhookWithSecretRow(WebhookRow):
    """A webhook, with the secret that is shown this once."""

    secret: str = column()


class WebhookDeliveryRow(Row):
    """One event for one webhook."""

    id: UUID = column("uuid")
    webhook: Ref = ref()
    action: str = column()
    state: str = column(choices=WebhookDelivery.State.values)
    attempts: int = column()
    status: int | None = column(help="What the receiver answered last.")
    duration_ms: int | None = column()
    answer: str = column(help="The beginning of the answer.")
    problem: str = column()
    created_at: dt.datetime = column()
    attempted_at: dt.datetime | None = column()
    next_at: dt.datetime = column(help="When it is tried again, while it waits.")


class WebhookDeliveryDetailRow(WebhookDeliveryRow):
    """One event for one webhook, with what is posted."""

    body: str = column()


def _prefixes() -> Any:
    item = serializers.CharField(max_length=webhooks.LONGEST_PREFIX)
    return serializers.ListField(child=item, required=False, max_length=webhooks.MOST_PREFIXES)


class CreateWebhook(Body):
    name = text(64)
    url = text(1024)
    account = Reference(selectors.accounts_with_webhooks, required=False)
    domain = Reference(selectors.domains, required=False)
    actions = _prefixes()
    level = one_of(Event.Level.choices)


class UpdateWebhook(Body):
    name = text(64)
    url = text(1024)
    actions = _prefixes()
    level = one_of(Event.Level.choices)
    is_enabled = flag()


class WebhookViewSet(ResourceViewSet[Webhook]):
    selector = selectors.webhooks
    filterset_class = WebhookFilterSet
    sorting = BY_NAME
    row = WebhookRow

    @accepts(CreateWebhook)
    @answers(WebhookWithSecretRow, 201)
    def create(self, request: Request, data: dict[str, Any]) -> Response:
        """Have events posted to a URL; the answer holds the secret that signs them."""
        webhook, secret = webhooks.create_webhook(request.actor, **data)
        return Response({**self.shown(request, webhook.uuid), "secret": secret}, status=201)

    @on_object
    @accepts(UpdateWebhook, partial=True)
    @changes
    def partial_update(self, request: Request, webhook: Webhook, data: dict[str, Any]) -> Webhook:
        """Change a webhook, or enable it again."""
        return webhooks.update_webhook(request.actor, webhook=webhook, **data)

    @on_object
    @removes
    def destroy(self, request: Request, webhook: Webhook) -> None:
        """Forget a webhook and what it delivered."""
        webhooks.delete_webhook(request.actor, webhook=webhook)

    @operation
    @on_object
    @answers(WebhookWithSecretRow)
    def rotate_secret(self, request: Request, webhook: Webhook) -> Response:
        """Sign with a new secret; for a day the one before signs too."""
        secret = webhooks.rotate_webhook_secret(request.actor, webhook=webhook)
        return Response({**self.shown(request, webhook.uuid), "secret": secret})

    @operation
    @on_object
    @answers(WebhookDeliveryRow)
    def test(self, request: Request, webhook: Webhook) -> Response:
        """Post an event that says that it is a test."""
        return _delivery(request, webhooks.test_webhook(request.actor, webhook=webhook))


class WebhookDeliveryViewSet(ResourceViewSet[WebhookDelivery]):
    selector = selectors.webhook_deliveries
    filterset_class = WebhookDeliveryFilterSet
    row = WebhookDeliveryRow
    detail_row = WebhookDeliveryDetailRow

    @operation
    @on_object
    @answers(WebhookDeliveryRow)
    def redeliver(self, request: Request, delivery: WebhookDelivery) -> Response:
        """Post the same body once more."""
        return _delivery(request, webhooks.redeliver_webhook(request.actor, delivery=delivery))


def _delivery(request: Request, delivery: WebhookDelivery) -> Response:
    rows = selectors.webhook_deliveries(request.actor).order_by().filter(pk=delivery.pk)
    return Response(WebhookDeliveryRow.plan(request.actor).one(rows))
