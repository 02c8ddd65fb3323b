"""Reading the path of a domain, ``/1/7/``, which holds the ids from the root down to itself."""

from __future__ import annotations

from django.db.models import BooleanField, Func, OuterRef


class IsAbove(Func):
    """The condition that a domain is the one with the path, or above it; the primary key finds them."""

    template = "%(expressions)s"
    arg_joiner = " = ANY "
    output_field = BooleanField()

    def __init__(self, path: OuterRef) -> None:
        super().__init__("id", _Keys(path))


class _Keys(Func):
    template = "(string_to_array(trim(both '/' from %(expressions)s), '/')::bigint[])"
