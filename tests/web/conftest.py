"""Browsers without scripts, and htmx as the server sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.actor import Actor
from tenants.models import User

Visit = Callable[[Actor], Client]


@pytest.fixture
def visit(settings: Any) -> Visit:
    """A client that is signed in as the actor."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }

    def sign_in(actor: Actor) -> Client:
        client = Client()
        client.force_login(User.objects.get(pk=actor.user_id))
        return client

    return sign_in


def htmx(target: str) -> dict[str, str]:
    """The headers of a request for one element."""
    return {"HX-Request": "true", "HX-Target": target}


def words(response: Any) -> str:
    """What was answered, as text."""
    return str(response.content.decode())
