"""A client of the REST API as a script would write it: one connection, kept open."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import Any

API = "/api/v1"
SECONDS = 60


class Refused(Exception):
    """The portal answered with an error."""


@dataclass(slots=True)
class Client:
    """One user of the portal on this machine. Not for several threads at once."""

    port: int
    key: str
    _connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def get_json(self, path: str) -> Any:
        return json.loads(self.get(path))

    def post(self, path: str, **body: Any) -> Any:
        return json.loads(self._ask("POST", path, json.dumps(body)))

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        headers = {
            "Authorization": f"Bearer {self.key}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The server closes connections that were idle; asking again is what every client does.
            self._connection.close()
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise Refused(f"{method} {path}: {answer.status} {text[:500].decode(errors='replace')}")
        return text
