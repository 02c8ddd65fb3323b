"""Which changes a stream is about: ``?kind=job&type=compute.instance&resource=…&job=…``, each as often as wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from cloudportal.core.errors import InvalidInput

KINDS = ("job", "resource", "notification")
MOST = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """A change must be among each of the sets that are not empty."""

    kinds: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()

    def wants(self, change: dict[str, Any]) -> bool:
        job = change.get("uuid") if change.get("kind") == "job" else None
        pairs = (
            (self.kinds, change.get("kind")),
            (self.types, change.get("type")),
            (self.resources, change.get("resource")),
            (self.jobs, job),
        )
        return all(not wanted or value in wanted for wanted, value in pairs)


def choice_of(query: bytes) -> Choice:
    """Read the query of a stream's address.

    Raises:
        InvalidInput: a filter is unknown, or a value is no id.
    """
    found: dict[str, set[str]] = {"kind": set(), "type": set(), "resource": set(), "job": set()}
    errors: dict[str, str | list[str]] = {}
    for name, value in parse_qsl(query.decode("latin-1"))[:MOST]:
        if name not in found:
            errors[name] = f"There is no filter “{name}”; there are {', '.join(found)}."
        elif name == "kind" and value not in KINDS:
            errors[name] = f"It must be one of {', '.join(KINDS)}."
        elif name in ("resource", "job"):
            uuid = _uuid(value)
            errors |= {} if uuid else {name: "This must be an id."}
            found[name].add(uuid)
        else:
            found[name].add(value)
    if errors:
        raise InvalidInput(errors)
    return Choice(*(frozenset(found[name]) for name in ("kind", "type", "resource", "job")))


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        return ""
