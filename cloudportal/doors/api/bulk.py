"""The same operation on many objects, with a result for each."""

from __future__ import annotations

import copy
import functools
from collections.abc import Hashable
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from rest_framework.response import Response

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.api import problems
from cloudportal.doors.api.bodies import as_uuid
from cloudportal.doors.api.requests import Request
from cloudportal.doors.trail import note_refusal

MOST = 100
DELETE = "delete"
# Names that a body of a bulk action has for itself.
_OWN = ("action", "ids")


def bulk_actions(view: Any) -> dict[str, str]:
    """What can be done to many objects of a view: the names outside, with the methods' names."""
    return dict(_actions(view))


@functools.cache
def _actions(view: Hashable) -> tuple[tuple[str, str], ...]:
    found = {extra.url_path: extra.__name__ for extra in _repeatable(view)}
    return tuple(({**found, DELETE: "destroy"} if hasattr(view, "destroy") else found).items())


def _repeatable(view: Any) -> list[Any]:
    """Operations that are the same for many: those whose answer is the object, and no secret of its own."""
    operations = [extra for extra in view.get_object_operations() if "post" in extra.mapping]
    return [extra for extra in operations if getattr(extra, "answers", "")]


def results_of(view: Any, request: Request) -> list[dict[str, Any]]:
    """Do it to one after the other. What one refuses keeps none of the others back.

    Raises:
        InvalidInput: the action is unknown, or the ids are no list of ids.
    """
    method, ids, arguments = _read(view, request)
    return [_one(view, request, method, uuid, arguments) for uuid in ids]


def _read(view: Any, request: Request) -> tuple[str, list[UUID], dict[str, Any]]:
    body = request.data if isinstance(request.data, dict) else {}
    actions = bulk_actions(type(view))
    errors: dict[str, str | list[str]] = {}
    if body.get("action") not in actions:
        errors["action"] = f"It must be one of {', '.join(actions)}."
    asked = body.get("ids")
    ids = [as_uuid(value) for value in asked] if isinstance(asked, list) and 0 < len(asked) <= MOST else []
    found = [uuid for uuid in ids if uuid is not None]
    if not ids or len(found) < len(ids) or len(set(found)) < len(found):
        errors["ids"] = f"It must be a list of 1 to {MOST} different ids."
    if errors:
        raise InvalidInput(errors)
    return actions[body["action"]], found, {name: value for name, value in body.items() if name not in _OWN}


def _one(view: Any, request: Request, method: str, uuid: UUID, arguments: dict[str, Any]) -> dict[str, Any]:
    part: Any = copy.copy(request)
    part._full_data = arguments  # what `data` gives: a request's parser has filled it by now
    try:
        with transaction.atomic():
            response: Response = getattr(view, method)(part, uuid=uuid)
    except (OperationalError, InterfaceError):
        # The database is gone or refuses: none of the others would fare better.
        raise
    except Exception as error:
        note_refusal(request._request, error)
        found, _ = problems.described(error)
        return {"id": uuid, "status": found["status"], "problem": found}
    job = (response.data or {}).get("job") if isinstance(response.data, dict) else None
    return {"id": uuid, "status": response.status_code, **({"job": job} if job else {})}
