"""Every operation of the OpenAPI document, asked by machine as two tenants.

Whatever the schema allows is answered as the document says, nothing breaks, and nobody reads or harms what the other
one has. Ids in addresses and bodies are mostly those of real things, one's own and the other's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.wsgi import application
from tenants.models import User
from tests import factories
from tests.authority.checks import Caller
from tests.authority.estate import Estate, estate, is_still_there

EXAMPLES = 4
WANTED = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance,
]  # fmt: skip
ASKING = settings(
    max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def owned(db: None, world: World, tmp_path: Path) -> Estate:
    return estate(factories.cloud(world, tmp_path))


@pytest.fixture
def stranger(owned: Estate) -> Caller:
    return Caller(factories.user("member"))


@pytest.fixture(autouse=True)
def _as_often_as_wanted_in_one_transaction(settings: Any) -> Iterator[None]:
    """Servers give up their connection after each request, and with it the transaction of the test."""
    settings.API_RATE_PER_MINUTE = 0
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", application)
    return [result.ok() for result in schema.get_all_operations()]


def key(thing: Any) -> Any:
    """What addresses call a thing: libraries number theirs."""
    return getattr(thing, "uuid", thing.pk if hasattr(thing, "pk") else None)


def is_uuid(text: Any) -> bool:
    try:
        UUID(text)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def with_real_ids(value: Any, draw: Any, ids: list[str]) -> Any:
    """The same value with three of four ids replaced by ids of things that there are."""
    if isinstance(value, dict):
        return {key: with_real_ids(inner, draw, ids) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_real_ids(inner, draw, ids) for inner in value]
    if is_uuid(value) and draw(st.integers(0, 3)):
        return draw(st.sampled_from(ids))
    return value


def ask(operation: Any, caller: Caller, ids: list[str], hidden: set[str]) -> int:
    """Ask an operation some times over; how many answers were not refusals."""
    welcome = 0

    @ASKING
    @given(st.data())
    def some_times(data: Any) -> None:
        nonlocal welcome
        case = data.draw(operation.as_strategy())
        for part in ("path_parameters", "query", "body"):
            if isinstance(value := getattr(case, part), dict | list):
                setattr(case, part, with_real_ids(value, data.draw, ids))
        response = case.call(headers={"Authorization": f"Bearer {caller.key}"})
        case.validate_response(response, checks=WANTED)
        welcome += response.status_code < 400
        sent = f"{case.path_parameters} {case.query} {case.body}"
        text = response.content.decode(errors="replace")
        for word in hidden:
            if word not in sent:
                assert not re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\d)", text), f"shows {word}"

    some_times()
    return welcome


@pytest.mark.timeout(300)
def test_whatever_a_stranger_asks_tells_and_harms_nothing(owned: Estate, stranger: Caller) -> None:
    theirs = [str(key(thing)) for thing in owned.things.values()]
    ids = [*theirs, *(str(key(thing)) for thing in owned.shared.values())]
    hidden = owned.words()

    answered = {operation.label: ask(operation, stranger, ids, hidden) for operation in operations()}

    assert len(answered) > 60
    assert sum(map(bool, answered.values())) > 20, answered
    assert is_still_there(owned)


@pytest.mark.timeout(300)
def test_whatever_its_owner_asks_is_answered_as_described(owned: Estate) -> None:
    owner = Caller(User.objects.get(pk=owned.actor.user_id))
    ids = [str(key(thing)) for thing in (*owned.things.values(), *owned.shared.values())]

    answered = {operation.label: ask(operation, owner, ids, set()) for operation in operations()}

    assert sum(map(bool, answered.values())) > 30, answered
