"""Every service that writes leaves an event. New services are found by themselves.

The code of each service is followed through the functions of ours that it calls: where it reaches a write it must
also reach `events.record`. What a branch might forget is for the stories of the services to find.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import pytest

from cloudportal.core import events
from tenants.models import ApiKey

ROOMS = ("tenants", "compute", "network", "storage", "accounting", "cloudportal.infrastructure", "cloudportal.jobs")
OURS = ("tenants.", "compute.", "network.", "storage.", "accounting.", "cloudportal.", "tests.")
WRITES = {"save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create"}
# What writes without a line of its own, and why.
WITHOUT = {
    "tenants.services.key_holders.holder_of_key": "the last use stands on the key; every use would drown the trail",
    "compute.services.consoles.redeem_console": "opening the console left the event",
    "cloudportal.infrastructure.services.scheduling.refresh_schedulable": "services and reconcilers call it",
    "cloudportal.infrastructure.services.clusters.apply_overcommit": "services call it",
    "tenants.services.lockouts.succeeded": "the sign-in that it belongs to is the event",
    "tenants.services.lockouts.give_back": "the sign-in that it belongs to is the event",
    "tenants.services.lockouts.forget_failures": "unlocking and new passwords, which call it, are events",
    "tenants.services.notifications.mark_read": "what somebody has read is nobody's business but theirs",
    "tenants.services.notifications.mark_all_read": "what somebody has read is nobody's business but theirs",
    "cloudportal.jobs.services.start_once": "periodic work of the cloud itself; its failures are events",
}


def services() -> dict[str, FunctionType]:
    """The public functions of every services room."""
    found = {}
    for room in ROOMS:
        for module in _modules(f"{room}.services"):
            for name, value in vars(module).items():
                if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name[0] != "_":
                    found[f"{module.__name__}.{name}"] = value
    return found


def _modules(name: str) -> Iterator[ModuleType]:
    try:
        package = importlib.import_module(name)
    except ModuleNotFoundError:
        return
    yield package
    for info in pkgutil.iter_modules(getattr(package, "__path__", [])):
        yield importlib.import_module(f"{name}.{info.name}")


def forgets(function: Callable[..., Any]) -> bool:
    """Whether the function writes and leaves no event."""
    reached, writes = _walk(function, frozenset())
    return writes and not reached


@cache
def _walk(function: Callable[..., Any], above: frozenset[Any]) -> tuple[bool, bool]:
    if function is events.record:
        return True, False
    records = writes = False
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        if not isinstance(node, ast.Call):
            continue
        target = _resolved(node.func, inspect.unwrap(function).__globals__)
        if isinstance(target, FunctionType) and target.__module__.startswith(OURS):
            if target not in above:
                inner = _walk(target, above | {function})
                records, writes = records or inner[0], writes or inner[1]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            writes = True
    return records, writes


def _resolved(node: ast.expr, names: dict[str, Any]) -> Any:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_resolved(node.value, names), node.attr, None) if _is_name(node.value) else None
    return None


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and _is_name(node.value))


SERVICES = services()


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_that_writes_leaves_an_event(name: str) -> None:
    if name in WITHOUT:
        assert forgets(SERVICES[name]), "it leaves an event by now: take it off the list"
    else:
        assert not forgets(SERVICES[name]), "it writes and leaves no event: call events.record"


def test_the_services_are_found() -> None:
    assert {
        "compute.services.instances.deploy_instance",
        "network.services.networks.create_network",
        "storage.services.templates.upload_template",
        "tenants.services.grants.grant_role",
        "cloudportal.infrastructure.services.zones.update_zone",
    } <= SERVICES.keys()
    assert WITHOUT.keys() <= SERVICES.keys()


def test_control_a_service_that_forgets_is_caught() -> None:
    assert forgets(_forgetful)
    assert not forgets(_honest)


def _forgetful(actor: Any, *, key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk).delete()


def _honest(actor: Any, *, key: ApiKey) -> None:
    _tell(actor)
    ApiKey.objects.filter(pk=key.pk).delete()


def _tell(actor: Any) -> None:
    events.record(actor, "test.delete", "Deleted.")
