"""``Idempotency-Key``: a request that is sent twice is carried out once, and both get the same answer.

The key is written in the transaction that does the work. A process that dies in between leaves neither, and of two
that come at once the second waits at the unique index until it is known what became of the first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import orjson
from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable
from rest_framework.response import Response

from cloudportal.core.errors import Conflict, InvalidInput, Refusal
from cloudportal.doors.api.renderers import OPTIONS
from cloudportal.doors.api.requests import Request
from cloudportal.doors.models import IdempotencyKey
from cloudportal.doors.models.idempotency_key import KEPT

# How long the second of two waits for the first, which is not longer than a service takes.
WAIT = "5s"
HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_FORM = re.compile(r"[\x21-\x7e]{1,255}")
_STORED_HEADERS = ("Location", "ETag", "Retry-After")
_CHUNK = 1 << 20

_TAKE = """
INSERT INTO doors_idempotencykey AS k (user_id, key, route, fingerprint, headers, body)
VALUES (%(user)s, %(key)s, %(route)s, %(fingerprint)s, '{}', '')
ON CONFLICT (user_id, key) DO UPDATE
SET route = excluded.route, fingerprint = excluded.fingerprint, status = NULL, headers = '{}', body = '',
    created_at = now()
WHERE k.created_at < now() - %(kept)s
RETURNING id
"""


class KeyReused(Refusal):
    """The key came with another request before."""

    code = "idempotency-key-reused"
    status = 422
    title = "That key belongs to another request"


class InProgress(Conflict):
    """The request with that key is being carried out."""

    code = "request-in-progress"
    title = "The first of these requests is not answered yet"


def once(request: Request, work: Callable[[], Response], refused: Callable[[Exception], Response]) -> Response:
    """Carry out the work unless it was before; `refused` turns an error into the answer that is kept.

    What went wrong here (5xx) or came too early (429) is raised and not kept, so that it may be tried again.

    Raises:
        InvalidInput: the key is malformed.
        KeyReused: the key came with another request.
        InProgress: the first request takes too long to be waited for.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return work()
    if not _FORM.fullmatch(key):
        raise InvalidInput({HEADER: "A key is 1 to 255 visible ASCII characters, without spaces."})
    route, fingerprint = request.path[:255], _fingerprint(request)
    with transaction.atomic():
        taken = _take(request.user.pk, key, route, fingerprint)
        if taken is None:
            return _replay(IdempotencyKey.objects.get(user=request.user.pk, key=key), fingerprint)
        response = _carried_out(work, refused)
        _keep(taken, response)
    return response


def _take(user: int, key: str, route: str, fingerprint: str) -> int | None:
    """The id of the row that is ours now; None when the request was answered before."""
    values: dict[str, Any] = {"user": user, "key": key, "route": route, "fingerprint": fingerprint, "kept": KEPT}
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [WAIT])
        try:
            cursor.execute(_TAKE, values)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise InProgress("The first request with that key is still being carried out; ask again.") from None
            raise
        row = cursor.fetchone()
        cursor.execute("SET LOCAL lock_timeout TO DEFAULT")
    return row[0] if row else None


def _carried_out(work: Callable[[], Response], refused: Callable[[Exception], Response]) -> Response:
    try:
        with transaction.atomic():
            return work()
    except Exception as error:
        response = refused(error)
        if response.status_code == 429 or response.status_code >= 500:
            raise
        return response


def _keep(row: int, response: Response) -> None:
    headers = {name: response[name] for name in _STORED_HEADERS if response.has_header(name)}
    headers["Content-Type"] = response.content_type or "application/json"
    body = "" if response.data is None else orjson.dumps(response.data, default=str, option=OPTIONS).decode()
    IdempotencyKey.objects.filter(pk=row).update(status=response.status_code, headers=headers, body=body)


def _replay(known: IdempotencyKey, fingerprint: str) -> Response:
    if known.fingerprint != fingerprint:
        raise KeyReused("That key came with another request before; every request needs a key of its own.")
    headers = {**known.headers, REPLAYED: "true"}
    kind = headers.pop("Content-Type")
    return Response(
        orjson.loads(known.body) if known.body else None, status=known.status, headers=headers, content_type=kind
    )


def _fingerprint(request: Request) -> str:
    """What makes two requests the same: address, query, the meaning of the body, and what the API key leaves.

    Of one user's keys, some may do less than others: none is told what a mightier one was answered.
    """
    digest = hashlib.blake2b(digest_size=32)
    key = request.actor.key
    narrowed = key.marks if key and key.is_narrow else None
    digest.update(orjson.dumps([request.method, request.get_full_path(), narrowed]))
    if request.actor.user_id != request.user.pk:
        # The same in the name of another is another request.
        digest.update(orjson.dumps(request.actor.user_id))
    data = request.data
    if hasattr(data, "lists"):
        plain: Any = {
            name: [str(value) for value in values] for name, values in data.lists() if name not in request.FILES
        }
    else:
        plain = data
    digest.update(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS, default=str))
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(orjson.dumps([name, file.name, file.size]))
            for chunk in file.chunks(_CHUNK):
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()
