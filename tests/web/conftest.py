"""Browsers without scripts, and htmx as the server sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, User
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tests import factories

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


@pytest.fixture
def home(db: None) -> Domain:
    """A domain that the admin manages."""
    return create_domain(SYSTEM, name=factories.unique("acme"), parent=factories.root())


@pytest.fixture
def admin(home: Domain) -> Actor:
    office = create_account(SYSTEM, domain=home, name="office")
    return actor_of(factories.user("domain_admin", of=office, on=home))


@pytest.fixture
def team(home: Domain) -> Account:
    return create_account(SYSTEM, domain=home, name="team")


@pytest.fixture
def member(team: Account) -> User:
    return factories.user("member", of=team)
