"""Rows as files, written as they are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

import orjson
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter

from cloudportal.core.errors import InvalidInput

# Rows a piece: large enough that the web server's own work does not count.
PIECE = 500


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """RFC 4180, with a line of names first."""
    yield _lines([columns])
    remaining = iter(rows)
    while piece := list(islice(remaining, PIECE)):
        yield _lines([[_cell(row[name]) for name in columns] for row in piece])


def as_json(_columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """One array, an object a line."""
    separator = b"[\n"
    remaining = iter(rows)
    while piece := list(islice(remaining, PIECE)):
        objects = (orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z) for row in piece)
        yield separator + b",\n".join(objects)
        separator = b",\n"
    yield b"\n]\n" if separator == b",\n" else b"[]\n"


FORMATS = {"csv": ("text/csv; charset=utf-8", as_csv), "json": ("application/json", as_json)}
FORMAT = OpenApiParameter("format", str, enum=sorted(FORMATS), default="csv", description="Of the file.")


def check_format(name: str) -> str:
    """The name, if there is such a format.

    Raises:
        InvalidInput: there is none.
    """
    if name not in FORMATS:
        raise InvalidInput({"format": f"There are {' and '.join(sorted(FORMATS))}."})
    return name


def download(name: str, kind: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> StreamingHttpResponse:
    """The rows as a file. The first is read at once: what the database refuses is an answer, not a broken file."""
    media_type, write = FORMATS[kind]
    remaining = iter(rows)
    first = list(islice(remaining, 1))
    response = StreamingHttpResponse(write(columns, chain(first, remaining)), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _lines(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    """A value as text. A name that a spreadsheet would take for a formula is disarmed with an apostrophe."""
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).replace("+00:00", "Z")
    if isinstance(value, dict | list):
        return orjson.dumps(value, default=str).decode() if value else ""
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text[:1] in "=+-@\t\r" and text else text
