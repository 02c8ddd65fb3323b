"""Hourly records as files, written as they are read."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable, Iterator
from itertools import islice

import orjson

from accounting.selectors import HourRow

COLUMNS = [field.name for field in dataclasses.fields(HourRow)]
# Rows a piece: large enough that the web server's own work does not count.
PIECE = 500

Writer = Callable[[Iterator[HourRow]], Iterator[bytes]]


def as_csv(rows: Iterator[HourRow]) -> Iterator[bytes]:
    """RFC 4180, with a line of names first."""
    yield _lines([COLUMNS])
    while piece := list(islice(rows, PIECE)):
        yield _lines([[_cell(getattr(row, name)) for name in COLUMNS] for row in piece])


def as_json(rows: Iterator[HourRow]) -> Iterator[bytes]:
    """One array, an object a line."""
    separator = b"[\n"
    while piece := list(islice(rows, PIECE)):
        objects = (orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) for row in piece)
        yield separator + b",\n".join(objects)
        separator = b",\n"
    yield b"\n]\n" if separator == b",\n" else b"[]\n"


FORMATS: dict[str, tuple[str, Writer]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "json": ("application/json", as_json),
}


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """A value as text. A name that a spreadsheet would take for a formula is disarmed with an apostrophe."""
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else text
