"""Fields that many bodies have. They bound shapes; whether a value makes sense is for the services to say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rest_framework import serializers

LARGEST = 2**31 - 1


def text(most: int = 255, *, required: bool = True, help: str = "") -> Any:
    """A text of bounded length. It may be empty: services have better words for that."""
    return serializers.CharField(
        max_length=most, required=required, allow_blank=True, trim_whitespace=False, help_text=help
    )


def secret(most: int = 255) -> Any:
    """A text that is taken and never shown."""
    return serializers.CharField(
        max_length=most, required=False, allow_blank=True, trim_whitespace=False, write_only=True
    )


def texts(most: int = 255, *, longest: int = 100, help: str = "") -> Any:
    """A list of texts."""
    return serializers.ListField(
        child=text(most), required=False, allow_empty=True, max_length=longest, help_text=help
    )  # fmt: skip


def moment(*, help: str = "") -> Any:
    """A time with its zone, or null."""
    return serializers.DateTimeField(required=False, allow_null=True, help_text=help)


def number(*, required: bool = True, least: int = 0, help: str = "") -> Any:
    """A whole number."""
    return serializers.IntegerField(required=required, min_value=least, max_value=LARGEST, help_text=help)


def amount(digits: int = 20, places: int = 8, *, help: str = "") -> Any:
    """A decimal, as text or number."""
    return serializers.DecimalField(
        max_digits=digits, decimal_places=places, required=False, min_value=Decimal(0), help_text=help
    )


def flag(help: str = "") -> Any:
    return serializers.BooleanField(required=False, help_text=help)


def one_of(choices: Any, *, required: bool = False) -> Any:
    """One of a model's choices."""
    return serializers.ChoiceField(choices=choices, required=required)
