"""Every address of the project, from its URL conf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# Namespaces that are judged as a whole, by one row: other people's, with many addresses.
WHOLE = ("admin",)


@dataclass(frozen=True, slots=True)
class Route:
    """An address: its full name, such as ``api:instance-detail``, and the names of its ids."""

    name: str
    ids: tuple[str, ...]

    def address(self, *values: object) -> str:
        return reverse(self.name, kwargs=dict(zip(self.ids, values, strict=True)))


def routes() -> list[Route]:
    """All of them, each once. An address without a name can't have a row, and is refused."""
    found: dict[str, Route] = {}
    for namespace, pattern in _walk(get_resolver().url_patterns, ""):
        if not pattern.name:
            raise AssertionError(f"The address {pattern.pattern} has no name.")
        name = f"{namespace}{pattern.name}"
        found.setdefault(name, Route(name, _ids(pattern)))
    return sorted(found.values(), key=lambda route: route.name)


def _ids(pattern: URLPattern) -> tuple[str, ...]:
    return tuple(pattern.pattern.converters) or tuple(pattern.pattern.regex.groupindex)


def _walk(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield namespace, pattern
        elif pattern.namespace not in WHOLE:
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner)
