"""Fetching an image from a tenant's URL without becoming the tenant's way into our own networks.

Every address that the name resolves to must be public, the connection goes to the very address that was
checked (so a second answer of the name server can't differ), and each redirect is judged like a first URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import httpx
from django.conf import settings

from cloudportal.core.addresses import Internal, Unknown, allowed_address
from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.core.errors import InvalidInput

REDIRECTS = 5
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
PORTS = {"http": 80, "https": 443}
REDIRECT_CODES = {301, 302, 303, 307, 308}


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


@contextmanager
def opened(url: str, offset: int) -> Iterator[httpx.Response]:
    """The answer to a GET from `offset` on, as far as the server can (206), else from the start (200).

    416 is an answer too: the file ends at `offset`, or before it.

    Raises:
        Fatal: the URL leads to an internal address, redirects too often, or the server refuses.
        Retryable: the server did not answer.
    """
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        for _ in range(REDIRECTS + 1):
            request = _pinned(client, url, offset)
            try:
                response = client.send(request, stream=True)
            except httpx.TransportError as error:
                raise Retryable(f"{urlsplit(url).hostname} did not answer: {error}.") from error
            if response.status_code not in REDIRECT_CODES:
                break
            response.close()
            url = _next(url, response.headers.get("location", ""))
        else:
            raise Fatal(f"The URL redirects more than {REDIRECTS} times.")
        try:
            _judge(response)
            yield response
        finally:
            response.close()


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError as error:
        raise Fatal("The URL redirects to something that is none.") from error


def _judge(response: httpx.Response) -> None:
    if response.status_code >= 500:
        raise Retryable(f"The server answered {response.status_code}.")
    if response.status_code not in {200, 206, 416}:
        raise Fatal(f"The server answered {response.status_code}.")


def _pinned(client: httpx.Client, url: str, offset: int) -> httpx.Request:
    """A request to the checked address, with the name kept for the Host header and for TLS."""
    try:
        check_url(url)
    except InvalidInput as error:
        raise Fatal(f"The URL leads to one that is not accepted: {error.message}") from error
    parts = urlsplit(url)
    host = parts.hostname or ""
    address = _public_address(host, parts.port or PORTS[parts.scheme])
    try:
        target = httpx.URL(url).copy_with(host=address)
    except httpx.InvalidURL as error:
        raise Fatal(f"The URL leads to one that is not accepted: {error}.") from error
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
    return client.build_request("GET", target, headers=headers, extensions={"sni_hostname": host})


def _public_address(host: str, port: int) -> str:
    try:
        return allowed_address(host, port, settings.TEMPLATE_INTERNAL_NETWORKS)
    except Unknown as error:
        raise Fatal(f"There is no host called {host}.") from error
    except Internal as error:
        raise Fatal("The URL leads to an internal address, which is not accepted.") from error
