"""Browsers of several people, without a browser."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories


def signed_in(role: str, **where: object) -> Client:
    client = Client()
    client.force_login(factories.user(role, **where))
    return client


@pytest.fixture
def operator_client(db: None) -> Client:
    return signed_in("root_admin", on=factories.root())


@pytest.fixture
def tenant_client(db: None) -> Client:
    return signed_in("domain_admin")


@pytest.fixture
def onlooker_client(db: None) -> Client:
    """Somebody who may see the infrastructure everywhere and change nothing of it."""
    return signed_in("auditor", on=factories.root())
