"""Writing rows so that whatever the database forbids comes back as a message at the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models, transaction

from cloudportal.core.differences import facts, wait_for_event
from cloudportal.core.errors import InvalidInput

M = TypeVar("M", bound=models.Model)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def insert(row: M) -> M:
    """Check the fields and insert the row. The event about it shows the row's fields.

    Raises:
        InvalidInput: a field is malformed, or a constraint of the model is violated.
    """
    check_fields(row)
    with constraints_as_messages(type(row)):
        row.save(force_insert=True)
    wait_for_event(row, {}, facts(row))
    return row


def update(row: M, **changes: Any) -> M:
    """Change some fields of a row; the same refusals as `insert`. The event about it shows them before and after."""
    # Asked of the database: a form may have written to the row in memory already.
    stored = type(row)._base_manager.filter(pk=row.pk).only(*changes).first() if changes else None
    for name, value in changes.items():
        setattr(row, name, value)
    check_fields(row, only=set(changes))
    with constraints_as_messages(type(row)):
        row.save(update_fields=list(changes))
    if stored is not None:
        wait_for_event(row, facts(stored, only=changes), facts(row, only=changes))
    return row


def check_fields(row: models.Model, only: set[str] | None = None) -> None:
    """Length, choices and form of the fields, without asking the database whether a foreign key exists."""
    skipped = {
        field.name
        for field in row._meta.fields
        if field.is_relation
        or field.primary_key
        or (only is not None and field.name not in only)
        or (field.null and getattr(row, field.attname) is None)
    }
    _refuse_unstorable_text(row, skipped)
    try:
        row.clean_fields(exclude=skipped)
    except ValidationError as error:
        raise InvalidInput(error.message_dict) from error


def _refuse_unstorable_text(row: models.Model, skipped: set[str]) -> None:
    """Null characters and halves of surrogate pairs are in Python's strings and can't be in the database's."""
    wrong = {}
    for field in row._meta.fields:
        if field.name in skipped or not isinstance(field, models.CharField | models.TextField):
            continue
        value = getattr(row, field.attname)
        if isinstance(value, str) and UNSTORABLE.search(value):
            wrong[field.name] = "That holds a character that can't be stored."
    if wrong:
        raise InvalidInput(wrong)


@contextmanager
def constraints_as_messages(model: type[models.Model]) -> Iterator[None]:
    """Turn a violated constraint of the model into InvalidInput; others pass. The transaction stays usable."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
        raise _refusal(model, name) or error from error


def _refusal(model: type[models.Model], name: str) -> InvalidInput | None:
    for constraint in model._meta.constraints:
        if constraint.name == name:
            fields = getattr(constraint, "fields", ()) or (NON_FIELD_ERRORS,)
            field = fields[-1] if fields[-1] != NON_FIELD_ERRORS else ""
            return InvalidInput({field: _words(model, constraint, field)})
    for field in model._meta.fields:
        if field.unique and not field.primary_key and f"_{field.column}_" in f"_{name}_":
            return InvalidInput({field.name: f"That {field.verbose_name} is taken."})
    return None


def _words(model: type[models.Model], constraint: models.BaseConstraint, field: str) -> str:
    """What the constraint says itself; otherwise Django would show its name."""
    unsaid = constraint.violation_error_message == constraint.default_violation_error_message
    names = [one.verbose_name for one in model._meta.fields if one.name == field]
    if names and unsaid and isinstance(constraint, models.UniqueConstraint):
        return f"That {names[0]} is taken."
    return str(constraint.get_violation_error_message())
