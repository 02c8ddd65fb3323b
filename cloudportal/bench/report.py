"""The results: a table for people, JSON for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cloudportal.bench.aims import AIMS
from cloudportal.setup.places import REPOSITORY

DOCUMENT = REPOSITORY / "docs" / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
HEAD = ("figure", "measured", "aim", "reached")


def table(results: dict[str, Any]) -> str:
    """A Markdown table that reads well on a terminal too."""
    rows = [HEAD, *[(aim.title, aim.shown(results), aim.text, aim.verdict(results)) for aim in AIMS]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
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
    """Replace what stands between the two markers.

    Raises:
        ValueError: a marker is missing.
    """
    text = document.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{document} has no place for the table.")
    document.write_text(f"{before}{BEGIN}\n{circumstances(results)}\n\n{table(results)}\n{END}{after}")
