"""Small things that lists of the admin draw."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

STATE_COLOURS = {
    "Enabled": "success",
    "Disabled": "danger",
    "Maintenance": "warning",
    "Up": "success",
    "Connecting": "info",
    "Disconnected": "danger",
    "queued": "info",
    "running": "info",
    "waiting": "info",
    "succeeded": "success",
    "done": "success",
    "failed": "danger",
    "undone": "warning",
    "info": "info",
    "warning": "warning",
    "error": "danger",
    "Active": "success",
    "Free": "success",
}
_BAR_COLOURS = {"ok": "bg-green-500", "warn": "bg-orange-500", "full": "bg-red-500"}


def badge(state: str) -> SafeString:
    """A state in its colour, in lists and on pages alike."""
    context = {"text": state, "type": STATE_COLOURS.get(state, "")}
    return mark_safe(render_to_string("unfold/helpers/label.html", context))  # noqa: S308 - a template's output


def moment(at: datetime | None) -> str:
    """To the second, and sortable by eye: times are compared with logs here."""
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "—"


class Filled(Protocol):
    """How full something is."""

    @property
    def percent(self) -> float: ...
    @property
    def level(self) -> str: ...


def bar(filled: Filled, words: str) -> SafeString:
    """A bar with words beside it, so that colour is never all that tells."""
    percent = min(100.0, filled.percent)
    return format_html(
        '<div style="min-width:9rem"><div class="flex justify-between text-xs mb-1 whitespace-nowrap">'
        '<span>{}</span><span class="ml-2">{} %</span></div>'
        '<div class="bg-base-200 dark:bg-base-700 rounded-default overflow-hidden" role="presentation">'
        '<div class="h-1.5 rounded-default {}" style="width:{}%"></div></div></div>',
        words,
        round(filled.percent),
        _BAR_COLOURS[filled.level],
        f"{percent:.1f}",
    )


def size(value: int) -> str:
    """Bytes in the binary unit that reads best."""
    number = float(value)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.3g} {unit}"
        number /= 1024
    return f"{number:,.1f} PiB"


def price(amount: object) -> str:
    """An amount without the zeros that the column keeps."""
    text = f"{amount:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {settings.CURRENCY}"
