"""Filling in the admin's forms as a browser does."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from cloudportal.core.models import Event


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def add(client: Client, model: type[Model], **values: Any) -> Any:
    return client.post(address(model, "add"), _text(values))


def change(client: Client, row: Model, **values: Any) -> Any:
    """Send the form of a row as it is shown, with some of its values changed."""
    url = address(type(row), "change", row.pk)
    form = client.get(url).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    return client.post(url, _text(shown | values))


def press(client: Client, row: Model, action: str) -> Any:
    """Press a button beside “Save”."""
    meta = row._meta
    return client.post(
        address(type(row), "change", row.pk), {f"{meta.app_label}_{meta.model_name}_{action}": "1"}, follow=True
    )


def errors(response: Any) -> dict[str, list[str]]:
    """What the form says, by field; the empty name is the top."""
    assert response.status_code in {403, 409, 422}, response
    found = response.context["adminform"].form.errors
    return {name.replace("__all__", ""): list(texts) for name, texts in found.items()}


def said(response: Any) -> str:
    """The notices of a page."""
    return " ".join(str(message) for message in response.context["messages"])


def events(action: str) -> int:
    return Event.objects.filter(action=action).count()


def _text(values: dict[str, Any]) -> dict[str, Any]:
    """As a browser sends it: ids for rows, nothing for what is unticked or empty."""
    sent = {}
    for name, value in values.items():
        value = value.pk if isinstance(value, Model) else ", ".join(value) if isinstance(value, list) else value
        if value not in (None, False):
            sent[name] = "on" if value is True else value
    return sent
