"""What must never reach a log."""

from __future__ import annotations

import re
from typing import Any

SECRET_NAMES = re.compile(r"password|secret|token|authorization|api_key|user_data|cookie|_hash", re.IGNORECASE)
SECRET_VALUES = re.compile(r"(cpk_[0-9a-f]{12}_)\S+|(://[^:/@\s]*:)[^@\s]+(?=@)")
MASK = "***"


def masked(text: str) -> str:
    """The text without API keys and passwords in URLs."""
    return SECRET_VALUES.sub(lambda match: (match[1] or match[2]) + MASK, text)


def mask_secrets(_logger: Any, _method: str, event: Any) -> Any:
    """A structlog processor: hides secrets by the name of the field and by their shape."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: Any) -> Any:
    if SECRET_NAMES.search(name):
        return MASK
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: _hidden(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_hidden("", inner) for inner in value]
    return value
