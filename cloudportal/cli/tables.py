"""Tables for people. What the portal sends is shown and never obeyed: control characters become visible."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from cloudportal.cli.cells import CALLED_BY, visible

# What decides the widths; later rows are fitted in, so that a long list can begin at once.
SAMPLE = 100
WIDEST = 44
GAP = "  "
MOST_IN_LINE = 4
# What a person wants to see first. The rest follows as far as the line reaches.
_FIRST = (*CALLED_BY, "state", "title", "progress")
_LAST = ("id", "created_at", "updated_at")
# Of little use in a line of text.
_HIDDEN = ("allowed", "details", "steps", "result")

_COLOURS = {
    "green": ("Running", "Ready", "Enabled", "Up", "Implemented", "succeeded", "Active", "done", "Allocated"),
    "yellow": ("Starting", "Stopping", "Creating", "queued", "running", "waiting", "Maintenance", "Downloading",
               "Expunging", "Locked", "Suspended", "warning"),
    "red": ("Error", "failed", "Disconnected", "Disabled", "error", "Down"),
}  # fmt: skip
_COLOUR_OF = {word: colour for colour, words in _COLOURS.items() for word in words}


def print_table(rows: Iterable[dict[str, Any]], chosen: tuple[str, ...] = ()) -> None:
    """Write rows in columns, the first ones as soon as they are there."""
    iterator = iter(rows)
    sample = list(itertools.islice(iterator, SAMPLE))
    console = Console()
    if not sample:
        Console(stderr=True).print("Nothing there.", style="dim")
        return
    names = chosen or _order(sample[0])
    widths = {name: _width(name, sample) for name in names}
    if console.is_terminal:
        names = _fitting(names, widths, console.width, shrink=bool(chosen))
    head = GAP.join(set_cell_size(_title(name), widths[name]) for name in names).rstrip()
    console.print(Text(head, style="bold"), soft_wrap=True)
    for row in itertools.chain(sample, iterator):
        console.print(_line(row, names, widths, cut=console.is_terminal), soft_wrap=True)


def print_facts(values: dict[str, Any]) -> None:
    """Write one thing, a fact a line."""
    console = Console()
    tables = {name: value for name, value in values.items() if _is_table(value)}
    plain = {name: value for name, value in values.items() if name not in tables}
    width = max((cell_len(_title(name)) for name in plain), default=0)
    for name, value in plain.items():
        for position, text in enumerate(_lines(value)):
            label = _title(name) if position == 0 else ""
            line = Text(set_cell_size(label, width) + GAP, style="bold")
            line.append(text, style=_COLOUR_OF.get(text, "not bold"))
            console.print(line, soft_wrap=True)
    for name, rows in tables.items():
        console.print(Text(f"\n{_title(name)}", style="bold"), soft_wrap=True)
        print_table(rows)


def _is_table(value: Any) -> bool:
    """A list of things with more to say about each than fits in a line."""
    return isinstance(value, list) and any(isinstance(item, dict) and len(item) > MOST_IN_LINE for item in value)


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, dict) and {"id", "name"} <= value.keys():
        yield f"{visible(value['name'])} ({visible(value['id'])})"
    elif isinstance(value, dict):
        yield from (f"{visible(name)}: {visible(inner)}" for name, inner in value.items())
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            pairs = item.items() if isinstance(item, dict) else (("", item),)
            yield " · ".join(visible(inner) for _name, inner in pairs if visible(inner))
    elif isinstance(value, str) and "\n" in value:
        yield from (visible(line) for line in value.splitlines())
    else:
        yield visible(value) or "-"


def _order(row: dict[str, Any]) -> tuple[str, ...]:
    # What has no name is called by its id.
    first = [name for name in (("id", *_FIRST) if not set(CALLED_BY) & row.keys() else _FIRST) if name in row]
    last = [name for name in _LAST if name in row and name not in first]
    between = [name for name in row if name not in (*first, *last, *_HIDDEN)]
    return (*first, *between, *last)


def _fitting(names: Sequence[str], widths: dict[str, int], room: int, *, shrink: bool) -> tuple[str, ...]:
    """The columns that have room in a line; those that somebody asked for are narrowed instead of left out."""
    if shrink:
        most = max(8, room // max(1, len(names)) - len(GAP))
        for name in names:
            widths[name] = min(widths[name], most)
        return tuple(names)
    taken = -len(GAP)
    kept: list[str] = []
    for name in names:
        if taken + len(GAP) + widths[name] <= room or not kept:
            taken += len(GAP) + widths[name]
            kept.append(name)
    return tuple(kept)


def _width(name: str, sample: Sequence[dict[str, Any]]) -> int:
    longest = max(cell_len(visible(row.get(name))) for row in sample)
    return min(max(longest, cell_len(_title(name))), WIDEST)


def _line(row: dict[str, Any], names: Sequence[str], widths: dict[str, int], *, cut: bool) -> Text:
    line = Text()
    for position, name in enumerate(names):
        text = visible(row.get(name))
        is_last = position == len(names) - 1
        if cut and cell_len(text) > widths[name]:
            text = set_cell_size(text, widths[name] - 1) + "…"
        padded = text if is_last else text + " " * max(0, widths[name] - cell_len(text))
        line.append(padded, style=_COLOUR_OF.get(text, ""))
        if not is_last:
            line.append(GAP)
    return line


def _title(name: str) -> str:
    return name.replace("_", " ").upper()
