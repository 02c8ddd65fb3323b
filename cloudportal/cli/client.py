"""Talking to the portal over HTTP."""

from __future__ import annotations

import json
import shlex
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

import httpx

from cloudportal.cli.errors import Problem, Unavailable
from cloudportal.cli.profiles import Profile

API = "/api/v1/"
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
LARGEST_PAGE = 200
# A portal that asks for patience gets it, within reason.
PATIENCE_SECONDS = 30.0
TRIES = 4
BUSY = (429, 503)

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` begins at the root of the portal; `files` maps fields of a multipart form to files."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    body: Body | None = None
    files: dict[str, Path] = field(default_factory=dict)

    def as_curl(self, base: str) -> str:
        """The same as a line for a shell, with the key left to a variable."""
        query = f"?{urlencode(self.params)}" if self.params else ""
        words = ["curl", "-X", self.method, shlex.quote(urljoin(base, self.path) + query)]
        words += ["-H", '"Authorization: Bearer $CLOUDPORTAL_API_KEY"']
        if self.files:
            words += [f"-F {shlex.quote(f'{name}={value}')}" for name, value in (self.body or {}).items()]
            words += [f"-F {shlex.quote(f'{name}=@{path}')}" for name, path in self.files.items()]
        elif self.body is not None:
            words += ["-H", shlex.quote("Content-Type: application/json")]
            words += ["-d", shlex.quote(json.dumps(self.body, ensure_ascii=False))]
        return " ".join(words)


class Client:
    """One portal, as the owner of one key. Redirects are not followed: the key is for this portal alone."""

    def __init__(self, profile: Profile, *, timeout: httpx.Timeout = TIMEOUT) -> None:
        self.profile = profile
        headers = {"User-Agent": "cloudportal-cli", "Accept": "application/json"}
        if profile.api_key:
            headers["Authorization"] = f"Bearer {profile.api_key}"
        self._http = httpx.Client(base_url=profile.url, headers=headers, timeout=timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self._http.close()

    def send(self, call: Call) -> Any:
        """The answer as JSON; None when it is empty.

        Raises:
            Problem: the portal refused.
            Unavailable: it did not answer, or not as a portal does.
        """
        response = self._answer(call)
        if not response.content:
            return None
        return _json(response)

    def get(self, path: str, **params: Any) -> Any:
        """A shorter word for the commonest call."""
        return self.send(Call("GET", path, tuple((name, str(value)) for name, value in params.items())))

    def rows(self, call: Call, most: int | None = None) -> Iterator[Body]:
        """The rows of a list, page by page as they are taken; `most` ends it early."""
        size = min(most or LARGEST_PAGE, LARGEST_PAGE)
        given = 0
        page = Call("GET", call.path, (*call.params, ("limit", str(size))))
        while True:
            answer = self.send(page)
            for row in answer["results"]:
                yield row
                given += 1
                if most is not None and given >= most:
                    return
            if not answer["next"]:
                return
            page = Call("GET", self._own(answer["next"]))

    @contextmanager
    def raw(self, call: Call) -> Iterator[Iterator[bytes]]:
        """The bytes of an answer that is no JSON, as they come."""
        try:
            with self._http.stream(call.method, call.path, params=_params(call)) as response:
                if response.is_error:
                    response.read()
                    raise _problem(response)
                yield response.iter_bytes()
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error

    def fetch(self, path: str, etag: str = "", **params: str) -> httpx.Response:
        """A plain GET, conditional when an entity tag is known; 304 is an answer."""
        headers = {"If-None-Match": etag} if etag else {}
        try:
            response = self._http.get(path, params=params, headers=headers)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        if response.is_error:
            raise _problem(response)
        return response

    def _answer(self, call: Call) -> httpx.Response:
        # The same key for every try, so that a request whose answer was lost is not done twice.
        headers = {"Idempotency-Key": str(uuid.uuid4())} if call.method == "POST" else {}
        for attempt in range(1, TRIES + 1):
            try:
                response = self._request(call, headers)
            except httpx.HTTPError as error:
                raise self._unreachable(error) from error
            pause = _pause(response)
            if response.status_code not in BUSY or attempt == TRIES or pause > PATIENCE_SECONDS:
                break
            time.sleep(pause)
        if response.is_error or response.is_redirect:
            raise _problem(response)
        return response

    def _request(self, call: Call, headers: dict[str, str]) -> httpx.Response:
        params = _params(call)
        if not call.files:
            return self._http.request(call.method, call.path, params=params, json=call.body, headers=headers)
        opened = {name: path.open("rb") for name, path in call.files.items()}
        try:
            forms = {name: str(value) for name, value in (call.body or {}).items()}
            return self._http.request(
                call.method, call.path, params=params, data=forms, files=opened, headers=headers, timeout=None
            )
        finally:
            for file in opened.values():
                file.close()

    def _own(self, address: str) -> str:
        """An address that the portal gave out, which must be its own."""
        whole = urljoin(self.profile.url, address)
        ours, theirs = urlsplit(self.profile.url), urlsplit(whole)
        if (theirs.scheme, theirs.netloc) != (ours.scheme, ours.netloc):
            raise Unavailable(f"The portal pointed elsewhere: {whole}.")
        return whole

    def _unreachable(self, error: Exception) -> Unavailable:
        return Unavailable(f"{self.profile.url} does not answer: {error or type(error).__name__}.")


def _params(call: Call) -> Any:
    """For httpx, to whom an empty list says that the address's own query goes away."""
    return list(call.params) or None


def _pause(response: httpx.Response) -> float:
    """How long the portal asks to wait, in seconds."""
    text = response.headers.get("retry-after", "1")
    return float(text) if text.isdigit() else PATIENCE_SECONDS + 1


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise Unavailable(f"{response.url} answered something that is not JSON. Is that a portal?") from error


def _problem(response: httpx.Response) -> Problem | Unavailable:
    if response.is_redirect:
        return Unavailable(f"{response.url} leads elsewhere; log in at the portal's own address.")
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return Unavailable(f"{response.url} answered {response.status_code}. Is that a portal?")
    return Problem(response.status_code, cast("Body", body))
