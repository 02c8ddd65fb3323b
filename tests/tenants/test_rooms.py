"""What every service that takes something away must say, read from the code: locked accounts may get rid of things."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("compute", "network", "storage", "tenants")
TAKES_AWAY = (
    "delete_", "destroy_", "expunge_", "stop_", "disable_", "detach_", "release_", "remove_", "revoke_", "cancel_",
)  # fmt: skip
# Permissions whose holders administer accounts: no state stops them.
ADMINISTERS = ("tenancy.manage", "roles.manage")


def _services() -> Iterator[tuple[str, ast.FunctionDef]]:
    for app in APPS:
        for file in sorted((ROOT / app / "services").glob("*.py")):
            for node in ast.parse(file.read_text()).body:
                if isinstance(node, ast.FunctionDef) and node.name.startswith(TAKES_AWAY):
                    yield f"{app}/services/{file.name}:{node.name}", node


def _strict_requirements(function: ast.FunctionDef) -> list[str]:
    """Permissions that a service asks for without saying `even_locked`."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    return [
        asked
        for call in calls
        if (asked := _asked(call)).endswith((".manage", ")", "'"))
        and asked not in ADMINISTERS
        and "even_locked" not in {keyword.arg for keyword in call.keywords}
    ]


def _asked(call: ast.Call) -> str:
    """The permission that a call insists on; of one that is computed, how."""
    wanted: ast.expr | None = None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "require":
        wanted = call.args[0]
    elif isinstance(call.func, ast.Name) and call.func.id == "require_on":
        wanted = call.args[1]
    if wanted is None:
        return ""
    return str(wanted.value) if isinstance(wanted, ast.Constant) else ast.unparse(wanted)


def test_services_that_take_away_work_in_locked_accounts() -> None:
    found = dict(_services())
    strict = {name: wrong for name, function in found.items() if (wrong := _strict_requirements(function))}

    assert strict == {}, "pass even_locked=True: stopping and deleting stay possible in a locked account"
    assert "compute/services/instances.py:stop_instance" in found


def test_control_a_strict_service_is_caught() -> None:
    code = "def delete_thing(actor, *, thing):\n    actor.require('compute.manage', thing.account)\n"
    (function,) = ast.parse(code).body

    assert isinstance(function, ast.FunctionDef)
    assert _strict_requirements(function) == ["compute.manage"]


def test_control_a_strict_service_of_what_is_shared_is_caught() -> None:
    code = "def unshare_thing(actor, *, thing):\n    require_on(actor, _manage(thing), thing)\n"
    (function,) = ast.parse(code).body

    assert isinstance(function, ast.FunctionDef)
    assert _strict_requirements(function) == ["_manage(thing)"]
