"""Two providers on loopback: a certified one, and one that lies as it is told."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tenants.models import IdentityProvider
from tests.browser.portal import free_port
from tests.conftest import skip_real_thing

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = ROOT / "static" / "node_modules" / "oidc-provider" / "lib" / "index.js"
# Ids under which the certified provider knows us.
UUIDS = [UUID(int=number, version=4) for number in (1, 2)]
Make = Callable[..., IdentityProvider]
CLIENT_ID, SECRET = "the-portal", "a-secret-of-the-client"
START_SECONDS = 30


@contextmanager
def certified(redirect_uris: list[str], people: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A real provider's issuer. Whoever types a name of `people` is signed in there, whatever the password."""
    if not LIBRARY.exists() or not shutil.which("node"):
        skip_real_thing("The package oidc-provider is not installed")
    port = free_port()
    client = {"client_id": CLIENT_ID, "client_secret": SECRET, "redirect_uris": redirect_uris}
    facts = json.dumps({"library": str(LIBRARY), "client": client, "people": people})
    command = ["node", str(Path(__file__).with_name("provider.mjs")), str(port), facts]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the provider ended"
        try:
            httpx.get(f"http://127.0.0.1:{port}/.well-known/openid-configuration", timeout=5).raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the provider does not answer")


def sign_in_there(address: str, name: str) -> str:
    """Fill in the provider's own pages; the address that it leads back to."""
    with httpx.Client(timeout=20) as browser:
        answer = browser.get(address)
        for _ in range(10):
            if answer.is_redirect:
                location = str(answer.next_request.url)  # type: ignore[union-attr]
                if "/back/" in location:
                    return location
                answer = browser.get(location)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            assert form, answer.text
            assert prompt, answer.text
            answer = browser.post(form[1], data={"prompt": prompt[1], "login": name, "password": "any"})
    raise AssertionError("the provider does not come to an end")


@dataclass
class Liar:
    """What the lying provider says. `claims` replace those of an honest token, None leaves one out."""

    issuer: str = ""
    document: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    info: dict[str, Any] | None = None
    key: Any = None
    algorithm: str = "RS256"
    nonce: str = ""
    asked: list[str] = field(default_factory=list)
    token_request: dict[str, list[str]] = field(default_factory=dict)
    redirect_to: str = ""

    def token(self) -> str:
        now = int(time.time())
        honest = {
            "iss": self.issuer, "sub": "alice", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": self.nonce,
            "email": "alice@acme.example", "email_verified": True,
        }  # fmt: skip
        claims = {name: value for name, value in (honest | self.claims).items() if value is not None}
        return jwt.encode(claims, self.key, self.algorithm, headers={"kid": "one"})


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


@contextmanager
def lying() -> Iterator[Liar]:
    liar = Liar(key=KEY)
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "one", "use": "sig"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            liar.asked.append(self.path)
            path = urlsplit(self.path).path
            if liar.redirect_to:
                self.send_response(302)
                self.send_header("Location", liar.redirect_to)
                self.end_headers()
            elif path == "/.well-known/openid-configuration":
                self._say(document() | liar.document)
            elif path == "/keys":
                self._say({"keys": [public]})
            elif path == "/me":
                self._say(liar.info or {"sub": "alice"})
            else:
                self.send_error(404)

        def do_POST(self) -> None:
            liar.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            liar.token_request = parse_qs(body)
            self._say({"access_token": "x", "token_type": "Bearer", "id_token": liar.token()})

        def _say(self, what: dict[str, Any]) -> None:
            body = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Not into the output of the tests."""

    def document() -> dict[str, Any]:
        return {
            "issuer": liar.issuer,
            "authorization_endpoint": f"{liar.issuer}/auth",
            "token_endpoint": f"{liar.issuer}/token",
            "jwks_uri": f"{liar.issuer}/keys",
            "userinfo_endpoint": f"{liar.issuer}/me",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    liar.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        server.shutdown()
        server.server_close()
