"""Scripts of several people."""

from __future__ import annotations

import pytest

from tenants.actor import Actor
from tests.api.client import Api


@pytest.fixture
def api(tenant: Actor) -> Api:
    return Api(tenant)


@pytest.fixture
def other_api(other_tenant: Actor) -> Api:
    return Api(other_tenant)


@pytest.fixture
def operator_api(operator: Actor) -> Api:
    return Api(operator)


@pytest.fixture
def nobody_api(db: None) -> Api:
    return Api()
