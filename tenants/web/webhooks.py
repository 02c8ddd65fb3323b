"""Pages of webhooks."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.detail import DetailPage
from cloudportal.doors.web.forms import ActionPage, FormPage, QuestionPage
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import WebhookFilterSet
from tenants.models import Webhook, WebhookDelivery
from tenants.services.webhooks import (
    create_webhook,
    delete_webhook,
    redeliver_webhook,
    rotate_webhook_secret,
    test_webhook,
    update_webhook,
)
from tenants.web.webhook_forms import EnabledWebhookForm, NewWebhookForm

VIEW = "webhooks.view"
RECENT = 25


class Webhooks(ListPage):
    template_name = "tenants/webhooks.html"
    parts = {"results": "tenants/_webhooks.html"}
    permission = VIEW
    selector = selectors.webhooks
    filterset_class = WebhookFilterSet
    sorting = BY_NAME
    bar = ("name", "is_enabled")


class WebhookPage(DetailPage):
    template_name = "tenants/webhook.html"
    permission = VIEW
    selector = selectors.webhooks
    noun = "webhook"
    list_route = "tenants:webhooks"

    def context(self, **extra: Any) -> dict[str, Any]:
        deliveries = list(self.thing.deliveries.order_by("-id")[:RECENT])
        return super().context(
            deliveries=deliveries, may_manage=self.actor.may("webhooks.manage", self.thing.place), **extra
        )


class NewWebhook(FormPage):
    template_name = "partials/form_page.html"
    form_class = NewWebhookForm
    permission = VIEW

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=_("Add a webhook"),
            verb=_("Add webhook"),
            back=reverse("tenants:webhooks"),
            back_label=_("Webhooks"),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        webhook, secret = create_webhook(self.actor, **values)
        return _with_secret(self, webhook, secret)


class ChangeWebhook(FormPage):
    template_name = "partials/form_page.html"
    form_class = EnabledWebhookForm
    permission = VIEW

    def webhook(self) -> Webhook:
        return one(selectors.webhooks(self.actor), self.kwargs["uuid"])

    def initial(self) -> dict[str, Any]:
        webhook = self.webhook()
        return {
            "name": webhook.name,
            "url": webhook.url,
            "actions": " ".join(webhook.actions),
            "level": webhook.level,
            "is_enabled": webhook.is_enabled,
        }

    def context(self, **extra: Any) -> dict[str, Any]:
        webhook = self.webhook()
        return super().context(
            heading=_("Change %(name)s") % {"name": webhook.name},
            verb=_("Save"),
            back=reverse("tenants:webhook", args=[webhook.uuid]),
            back_label=webhook.name,
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        webhook = update_webhook(self.actor, webhook=self.webhook(), **values)
        messages.success(self.request, _("Webhook %(name)s is changed.") % {"name": webhook.name})
        return redirect("tenants:webhook", webhook.uuid)


class WebhookQuestion(QuestionPage):
    """A question about one webhook."""

    form_class = forms.Form
    permission = VIEW

    def webhook(self) -> Webhook:
        return one(selectors.webhooks(self.actor), self.kwargs["uuid"])

    @abstractmethod
    def words(self, webhook: Webhook) -> dict[str, Any]:
        """The question, with its consequences and the word on the button."""

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        self.webhook()
        return super().get(*args, **kwargs)

    def context(self, **extra: Any) -> dict[str, Any]:
        webhook = self.webhook()
        return super().context(**self.words(webhook), back=reverse("tenants:webhook", args=[webhook.uuid]), **extra)


class WebhookAction(WebhookQuestion, ActionPage):
    """Something that is done to one webhook."""

    leaves = True


class RotateWebhookSecret(WebhookQuestion):
    def words(self, webhook: Webhook) -> dict[str, Any]:
        return {
            "question": _("Rotate the secret of “%(name)s”?") % {"name": webhook},
            "consequences": [_("The new one is shown once."), _("For a day the old one signs beside it.")],
            "verb": _("Rotate the secret"),
            "tone": "primary",
        }

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        webhook = self.webhook()
        return _with_secret(self, webhook, rotate_webhook_secret(self.actor, webhook=webhook))


class TestWebhook(WebhookAction):
    def words(self, webhook: Webhook) -> dict[str, Any]:
        return {
            "question": _("Post a test to “%(name)s”?") % {"name": webhook},
            "consequences": [_("An event webhook.test is posted to %(url)s.") % {"url": webhook.url}],
            "verb": _("Post a test"),
            "tone": "primary",
        }

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        webhook = self.webhook()
        test_webhook(self.actor, webhook=webhook)
        return _("A test is on its way."), None, reverse("tenants:webhook", args=[webhook.uuid])


class DeleteWebhook(WebhookAction):
    def words(self, webhook: Webhook) -> dict[str, Any]:
        return {
            "question": _("Delete the webhook “%(name)s”?") % {"name": webhook},
            "consequences": [_("What still waits is not posted any more."), _("The log of deliveries goes with it.")],
            "verb": _("Delete the webhook"),
            "tone": "danger",
        }

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        webhook = self.webhook()
        delete_webhook(self.actor, webhook=webhook)
        return _("Webhook %(name)s is gone.") % {"name": webhook}, None, reverse("tenants:webhooks")


class Redeliver(WebhookAction):
    def delivery(self) -> WebhookDelivery:
        return one(selectors.webhook_deliveries(self.actor), self.kwargs["uuid"])

    def webhook(self) -> Webhook:
        return self.delivery().webhook

    def words(self, webhook: Webhook) -> dict[str, Any]:
        return {
            "question": _("Post %(action)s to “%(name)s” again?") % {"action": self.delivery().action, "name": webhook},
            "consequences": [_("The same body is posted as a new delivery; the receiver may get it twice.")],
            "verb": _("Post it again"),
            "tone": "primary",
        }

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        delivery = redeliver_webhook(self.actor, delivery=self.delivery())
        return _("It is on its way again."), None, reverse("tenants:webhook", args=[delivery.webhook.uuid])


def _with_secret(page: FormPage, webhook: Webhook, secret: str) -> HttpResponse:
    """The answer that shows a secret this once."""
    page.template_name = "tenants/webhook_secret.html"  # type: ignore[misc]
    page.parts = {"dialog-body": "tenants/_webhook_secret.html"}  # type: ignore[misc]
    answer = page.render(webhook=webhook, secret=secret)
    answer["Cache-Control"] = "no-store"
    return answer
