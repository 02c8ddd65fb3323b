"""Browsers and scripts, as the tests of pages and of the API have them; and whoever decides about an account."""

from __future__ import annotations

from typing import Any

import pytest

from tenants.actor import Actor, actor_of
from tests import factories
from tests.alerts.telling import PORTAL
from tests.api.conftest import api, nobody_api, operator_api, other_api
from tests.web.conftest import visit

__all__ = ["api", "nobody_api", "operator_api", "other_api", "visit"]


@pytest.fixture(autouse=True)
def _portal_url(settings: Any) -> None:
    settings.PORTAL_URL = PORTAL


@pytest.fixture
def owner(db: None) -> Actor:
    return actor_of(factories.user("account_owner"))
