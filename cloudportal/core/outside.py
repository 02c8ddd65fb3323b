"""Requests to URLs that tenants name, without becoming the tenants' way into our own networks.

Every address that the name resolves to must be public, and the connection goes to the very address that was checked,
so that a second answer of the name server can't differ. Redirects are the caller's: each is judged like a first URL.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from cloudportal.core.addresses import Internal, Unknown, allowed_address
from cloudportal.core.driver_errors import Fatal
from cloudportal.core.errors import InvalidInput

PORTS = {"http": 80, "https": 443}


def check_url(url: str) -> None:
    """Judge the form of a URL, without looking its name up.

    Raises:
        InvalidInput: not http or https, without a host, or with credentials in it.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInput({"url": "That is no URL."}) from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise InvalidInput({"url": "The URL must begin with http:// or https:// and name a host."})
    if parts.username or parts.password:
        raise InvalidInput({"url": "Leave the user name and password out of the URL."})
    if port == 0:
        raise InvalidInput({"url": "Port 0 is no port."})


def request_to(
    client: httpx.Client | httpx.AsyncClient, method: str, url: str, *, internal: Iterable[str],
    headers: Mapping[str, str], content: bytes | None = None,
) -> httpx.Request:  # fmt: skip
    """A request to the checked address, with the name kept for the Host header and for TLS.

    `internal` are the networks that may be reached although they are not public.

    Raises:
        Fatal: the URL is not accepted, its name is unknown, or it leads to an internal address.
    """
    try:
        check_url(url)
    except InvalidInput as error:
        raise Fatal(f"The URL leads to one that is not accepted: {error.message}") from error
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = public_address(host, parts.port or PORTS[parts.scheme], internal=internal)
    try:
        target = httpx.URL(url).copy_with(host=address)
    except httpx.InvalidURL as error:
        raise Fatal(f"The URL leads to one that is not accepted: {error}.") from error
    kept: dict[str, Any] = {"Host": parts.netloc, "Accept-Encoding": "identity", **headers}
    return client.build_request(method, target, headers=kept, content=content, extensions={"sni_hostname": host})


def public_address(host: str, port: int, *, internal: Iterable[str]) -> str:
    """The first of the host's addresses, all of which may be reached.

    Raises:
        Fatal: there is no such host, or one of its addresses is internal.
    """
    try:
        return allowed_address(host, port, internal)
    except Unknown as error:
        raise Fatal(f"There is no host called {host}.") from error
    except Internal as error:
        raise Fatal("The URL leads to an internal address, which is not accepted.") from error
