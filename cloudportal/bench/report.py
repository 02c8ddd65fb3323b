"""The results: a table for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudportal.bench.aims import AIMS, PUBLISHED
from cloudportal.setup.places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "performance.md"
HEAD = ("figure", "measured", "aim", "reached")


def table(results: dict[str, Any]) -> str:
    """The figures and their aims, as a Markdown table that reads well on a terminal too."""
    return _table([HEAD, *[(aim.title, aim.shown(results), aim.text, aim.verdict(results)) for aim in AIMS]])


def lists_table(results: dict[str, Any]) -> str:
    """Every list for every caller: p50 and p95 in milliseconds, and the rows of the page. Empty when not measured."""
    lists: dict[str, dict[str, dict[str, float]]] = results.get("every_list") or {}
    if not lists:
        return ""
    callers = list(next(iter(lists.values())))
    head = ("list", *(f"{caller}: rows, p50, p95" for caller in callers), "CloudStack, average")
    rows = [
        (name, *(_latency(found[caller]) for caller in callers), f"{PUBLISHED[name]:g} s" if name in PUBLISHED else "")
        for name, found in sorted(lists.items())
    ]
    return _table([head, *rows])


def _latency(found: dict[str, float]) -> str:
    return f"{found['rows']}, {found['p50_ms']:.1f}, {found['p95_ms']:.1f}"


def _table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def circumstances(results: dict[str, Any]) -> str:
    """When, on what, and how busy the machine was."""
    machine = results["machine"]
    lines = [
        f"{results['date']}, {machine['cpus']} CPUs ({machine['cpu']}), PostgreSQL {machine['postgresql']}, "
        f"Python {machine['python']}, Django {machine['django']}.",
        "Load (1, 5, 15 minutes) before each: "
        + "; ".join(f"{name} {', '.join(map(str, load))}" for name, load in results["load"].items())
        + ".",
    ]
    if reason := results.get("real_guest_reason"):
        lines.append(f"No real guest: {reason}")
    return "\n".join(lines)


def write_json(results: dict[str, Any], file: Path) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(results, indent=2) + "\n")
    fresh.replace(file)


def write_document(results: dict[str, Any], document: Path = DOCUMENT) -> None:
    """Replace what stands between the markers; the table of lists only when they were measured.

    Raises:
        ValueError: a marker is missing.
    """
    text = _between(document.read_text(), "bench", f"{circumstances(results)}\n\n{table(results)}")
    if lists := lists_table(results):
        text = _between(text, "lists", lists)
    document.write_text(text)


def _between(text: str, name: str, fresh: str) -> str:
    before, begin, rest = text.partition(f"<!-- {name}:begin -->")
    _, end, after = rest.partition(f"<!-- {name}:end -->")
    if not (begin and end):
        raise ValueError(f"The document has no place for “{name}”.")
    return f"{before}{begin}\n{fresh}\n{end}{after}"
