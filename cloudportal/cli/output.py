"""Answers as tables, JSON, YAML or CSV. Lists are written row by row as they come."""

from __future__ import annotations

import csv
import itertools
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TextIO

import jmespath
import yaml
from jmespath.exceptions import JMESPathError

from cloudportal.cli.cells import flat
from cloudportal.cli.errors import UsageError
from cloudportal.cli.tables import print_facts, print_table

Format = Literal["table", "json", "yaml", "csv"]
FORMATS: tuple[Format, ...] = ("table", "json", "yaml", "csv")

Row = dict[str, Any]


def show_rows(rows: Iterable[Row], format: Format, *, query: str = "", columns: Sequence[str] = ()) -> None:
    """Write a list. With a query all of it is read first, since the query is about the whole."""
    if query:
        show(asked(query, list(rows)), format)
        return
    if columns:
        rows = ({name: _at(row, name) for name in columns} for row in rows)
    writers = {"json": _json_rows, "yaml": _yaml_rows, "csv": _csv_rows}
    if format == "table":
        print_table(rows, chosen=tuple(columns))
    else:
        writers[format](rows, sys.stdout)


def show(value: Any, format: Format, *, query: str = "", columns: Sequence[str] = ()) -> None:
    """Write one thing, or what a query made of it."""
    value = asked(query, value)
    if columns and isinstance(value, dict):
        value = {name: _at(value, name) for name in columns}
    if format == "json":
        _say(json.dumps(value, indent=2, ensure_ascii=False))
    elif format == "yaml":
        _say(yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip())
    elif isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        show_rows(value, format)
    elif format == "csv":
        _csv_rows([value] if isinstance(value, dict) else [{"value": item} for item in _listed(value)], sys.stdout)
    elif isinstance(value, dict):
        print_facts(value)
    else:
        for item in _listed(value):
            _say(item if isinstance(item, str) else json.dumps(item, ensure_ascii=False))


def asked(query: str, value: Any) -> Any:
    """What a JMESPath expression makes of a value.

    Raises:
        UsageError: it is no such expression, or does not fit.
    """
    if not query:
        return value
    try:
        return jmespath.search(query, value)
    except JMESPathError as error:
        raise UsageError(f"The query “{query}” can't be used: {error}.", "Queries are JMESPath expressions.") from error


def _at(row: Row, path: str) -> Any:
    """A column by its name, or a part of one: ``zone.id``."""
    found: Any = row
    for part in path.split("."):
        if not isinstance(found, dict) or part not in found:
            there_are = ", ".join(found) if isinstance(found, dict) else "none below that"
            raise UsageError(f"There is no column “{path}”.", f"There are: {there_are}.")
        found = found[part]
    return found


def _json_rows(rows: Iterable[Row], out: TextIO) -> None:
    out.write("[")
    for position, row in enumerate(rows):
        out.write(",\n " if position else "\n ")
        out.write(json.dumps(row, ensure_ascii=False))
    out.write("\n]\n")


def _yaml_rows(rows: Iterable[Row], out: TextIO) -> None:
    first = next(iterator := iter(rows), None)
    if first is None:
        out.write("[]\n")
        return
    for row in itertools.chain([first], iterator):
        yaml.safe_dump([row], out, sort_keys=False, allow_unicode=True)


def _csv_rows(rows: Iterable[Row], out: TextIO) -> None:
    writer: Any = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(out, list(row), extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow({name: _harmless(flat(value)) for name, value in row.items()})


def _harmless(text: str) -> str:
    """A spreadsheet would run a cell that begins so; the apostrophe makes it text."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(value: Any) -> Iterator[Any]:
    return iter(value) if isinstance(value, list) else iter(() if value is None else (value,))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
