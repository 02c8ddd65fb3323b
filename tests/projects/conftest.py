"""A project of an account, and who manages it."""

from __future__ import annotations

import pytest

from tenants.actor import actor_of
from tenants.models import Account, Project, User
from tenants.services.projects import create_project
from tests import factories


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def boss(home: Account) -> User:
    return factories.user("account_owner", of=home)


@pytest.fixture
def project(home: Account, boss: User) -> Project:
    return create_project(actor_of(boss), owner=home, name="apollo", description="To the moon")
