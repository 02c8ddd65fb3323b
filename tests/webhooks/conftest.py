"""A webhook of an account, and who it posts to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudportal.core.models import EventNotice
from tenants.actor import Actor, actor_of
from tenants.models import Account, Webhook
from tenants.services.webhooks import create_webhook
from tests import factories
from tests.api.conftest import api
from tests.web.conftest import visit
from tests.webhooks.receiver import Receiver

__all__ = ["api", "visit"]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_INTERNAL_NETWORKS = ["127.0.0.1/32"]
    found = Receiver()
    yield found
    found.close()


@pytest.fixture
def tenant(db: None) -> Actor:
    """Members see webhooks; whoever decides about the account makes them."""
    return actor_of(factories.user("account_owner"))


@pytest.fixture
def home(tenant: Actor) -> Account:
    return Account.objects.get(pk=tenant.account_id)


@pytest.fixture
def webhook(tenant: Actor, home: Account, receiver: Receiver) -> Webhook:
    made, _ = create_webhook(tenant, account=home, name="ours", url=receiver.url, actions=["test."])
    EventNotice.objects.all().delete()
    return made
