"""A script that talks to the API, with a key or without."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tenants.actor import Actor, actor_of
from tenants.models import User
from tenants.services.api_keys import create_api_key
from tests.factories import unique

BASE = "/api/v1"


class Api:
    """Requests as one actor. Addresses are given without the prefix, or whole, as answers give them."""

    def __init__(self, actor: Actor | None = None) -> None:
        self.actor = actor
        self._client = Client(raise_request_exception=False)
        self._headers = {}
        if actor is not None:
            user = User.objects.get(pk=actor.user_id)
            _, key = create_api_key(actor_of(user), user=user, name=unique("key"))
            self._headers = {"authorization": f"Bearer {key}"}

    def get(self, address: str, **query: Any) -> Any:
        return self._client.get(_whole(address), query, headers=self._headers)

    def post(self, address: str, body: Any = None, **options: Any) -> Any:
        return self._send("post", address, body, options)

    def patch(self, address: str, body: Any = None, **options: Any) -> Any:
        return self._send("patch", address, body, options)

    def delete(self, address: str) -> Any:
        return self._client.delete(_whole(address), headers=self._headers)

    def ask(self, method: str, address: str, body: Any = None, **headers: str) -> Any:
        """A request with header fields of its own: ``if_match`` is If-Match."""
        sent = self._headers | {name.replace("_", "-"): value for name, value in headers.items()}
        if method == "get":
            return self._client.get(_whole(address), headers=sent)
        return self._send(method, address, body, {"headers": sent})

    def upload(self, address: str, headers: dict[str, str] | None = None, **fields: Any) -> Any:
        return self._client.post(_whole(address), fields, headers=self._headers | (headers or {}))

    def _send(self, method: str, address: str, body: Any, options: dict[str, Any]) -> Any:
        options = {"content_type": "application/json", "headers": self._headers} | options
        return getattr(self._client, method)(_whole(address), {} if body is None else body, **options)


def messages(response: Any) -> dict[str, list[str]]:
    """What a refusal says, by field."""
    assert response["Content-Type"] == "application/problem+json"
    found: dict[str, list[str]] = {}
    for error in response.json().get("errors", []):
        found.setdefault(error["field"], []).append(error["message"])
    return found


def _whole(address: str) -> str:
    return address if address.startswith("/") else f"{BASE}/{address}"
