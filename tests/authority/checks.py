"""What is asked of one address, as words about what went wrong: no words, no leak."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from tenants.actor import actor_of
from tenants.models import User
from tenants.services.api_keys import create_api_key
from tests.authority.estate import Estate
from tests.authority.routes import Route
from tests.authority.rules import Cloud, Listing, Open, Own, Rule, Writing
from tests.factories import unique

SIGN_IN = re.compile(r"^(https?://[^/]+)?/sign-in/")
NEVER = 2**40
# What differs between two answers by nature.
VOLATILE = re.compile(
    rb'"request_id":"[^"]*"|Request <code>[^<]*'
    rb'|nonce="[^"]*"|csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": ?"[^"]*"'
)


class Caller:
    """Somebody with a key for the API and a session for the pages, or nobody."""

    def __init__(self, user: User | None = None) -> None:
        self.user = user
        self.client = Client(raise_request_exception=False)
        self.key = create_api_key(actor_of(user), user=user, name=unique("key"))[1] if user else ""

    def ask(self, route: Route, method: str, *values: Any, query: str = "") -> Any:
        api = route.name.startswith("api:")
        options: dict[str, Any] = {"content_type": "application/json"} if api and method != "get" else {}
        if api and self.key:
            options["headers"] = {"authorization": f"Bearer {self.key}"}
        elif self.user and "_auth_user_id" not in self.client.session:
            # Some address before may have been the one that signs out.
            self.client.force_login(self.user)
        return getattr(self.client, method)(route.address(*values) + query, **options)


def leaks(route: Route, rule: Rule, estate: Estate, stranger: Caller, nobody: Caller) -> list[str]:
    """Everything that the address tells or lets do to who is not the owner."""
    return [*_of_stranger(route, rule, estate, stranger), *_of_nobody(route, rule, estate, nobody)]


def _of_stranger(route: Route, rule: Rule, estate: Estate, stranger: Caller) -> Iterator[str]:
    match rule:
        case Own(noun, methods, key):
            for method in methods:
                yield from _foreign_is_missing(route, method, getattr(estate.things[noun], key), stranger.ask)
        case Cloud(noun, seen, writes, reads):
            thing = estate.shared[noun]
            answer = stranger.ask(route, "get", thing.uuid)
            if reads and answer.status_code != (200 if seen else 404):
                yield f"get answers a tenant {answer.status_code}"
            yield from _words(answer, estate)
            for method in writes:
                answer = stranger.ask(route, method, thing.uuid)
                # A tenant that sees the thing is refused, or its empty body is, before anything is done.
                if answer.status_code not in ((400, 403) if seen else (404,)):
                    yield f"{method} answers a tenant {answer.status_code}"
        case Listing(query, status) | Open(query, _, status):
            answer = stranger.ask(route, "get", *_values(rule, estate), query=query)
            if answer.status_code not in (status, getattr(rule, "mighty", 0)):
                yield f"get answers a tenant {answer.status_code}"
            yield from _words(answer, estate)
        case Writing():
            answer = stranger.ask(route, "post")
            if answer.status_code >= 500:
                yield f"post answers a tenant {answer.status_code}"
            yield from _words(answer, estate)


def _foreign_is_missing(route: Route, method: str, id_: Any, ask: Callable[..., Any]) -> Iterator[str]:
    never = uuid4() if isinstance(id_, UUID) else NEVER
    foreign, missing = ask(route, method, id_), ask(route, method, never)
    if foreign.status_code != 404:
        yield f"{method} of a foreign id answers {foreign.status_code}"
    if missing.status_code != 404:
        yield f"{method} of an id that never was answers {missing.status_code}"
    if _plain(foreign, id_) != _plain(missing, never):
        yield f"{method} answers a foreign id in other words than a missing one"


def _of_nobody(route: Route, rule: Rule, estate: Estate, nobody: Caller) -> Iterator[str]:
    values = _values(rule, estate)
    answer = nobody.ask(route, "get", *values)
    if isinstance(rule, Open):
        if answer.status_code != rule.status:
            yield f"get answers nobody {answer.status_code}"
    elif not _turned_away(route, answer) and not (isinstance(rule, Writing) and answer.status_code == 405):
        yield f"get answers nobody {answer.status_code}"
    yield from _words(answer, estate, *values)
    for method in _writes(rule):
        answer = nobody.ask(route, method, *values)
        if not _turned_away(route, answer):
            yield f"{method} answers nobody {answer.status_code}"


def _turned_away(route: Route, answer: Any) -> bool:
    if route.name.startswith("api:"):
        return bool(answer.status_code == 401)
    return bool(answer.status_code == 302 and SIGN_IN.match(answer["Location"]))


def _writes(rule: Rule) -> tuple[str, ...]:
    match rule:
        case Own(_, methods, _):
            return tuple(method for method in methods if method != "get")
        case Cloud(_, _, writes, _):
            return writes
    return ()


def _values(rule: Rule, estate: Estate) -> tuple[Any, ...]:
    match rule:
        case Own(noun, _, key):
            return (getattr(estate.things[noun], key),)
        case Open(_, _, _, values):
            return values
        case Cloud(noun, _, _, _):
            return (estate.shared[noun].uuid,)
    return ()


def _words(answer: Any, estate: Estate, *known: Any) -> Iterator[str]:
    """Ids and names of the estate in an answer, apart from the id that the caller itself wrote into the address."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode(errors="replace")
    for word in sorted(estate.words() - {str(value) for value in known} - {_hex(value) for value in known}):
        if re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-]|\.\d)", text):
            yield f"shows “{word}”"


def _plain(answer: Any, id_: Any) -> bytes:
    content = VOLATILE.sub(b"", answer.content)
    if not isinstance(id_, UUID):
        # A short number is in every drawing of a page.
        return content.replace(f"/{id_}/".encode(), b"/ID/")
    return content.replace(str(id_).encode(), b"ID").replace(id_.hex.encode(), b"ID")


def _hex(id_: Any) -> str:
    return id_.hex if isinstance(id_, UUID) else str(id_)
