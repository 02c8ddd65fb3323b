"""Icons, written into the page: nothing to download, and they take the colour of their text."""

from __future__ import annotations

import functools
import re

from django.contrib.staticfiles import finders
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SYMBOL = re.compile(r'<symbol id="tabler-([\w-]+)"[^>]*>(.*?)</symbol>', re.DOTALL)
_FRAME = '<path stroke="none" d="M0 0h24v24H0z" fill="none" />'


@functools.cache
def _shapes() -> dict[str, str]:
    path = finders.find("vendor/icons/sprite.svg")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as sprite:
        return {name: body.replace(_FRAME, "") for name, body in _SYMBOL.findall(sprite.read())}


@functools.cache
def icon(name: str, css: str = "") -> SafeString:
    """An icon of Tabler's set for decoration: whoever uses it says in words what it means."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" '
        'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" '
        'focusable="false">{}</svg>',
        css,
        mark_safe(_shapes().get(name, "")),  # noqa: S308 - from the icon set, not from people
    )
