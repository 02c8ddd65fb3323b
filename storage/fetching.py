"""Fetching an image from a tenant's URL, which must not lead into our own networks; neither may a redirect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urljoin, urlsplit

import httpx

from cloudportal.core.configuration import value_of
from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.core.outside import request_to
from storage.settings import TEMPLATE_INTERNAL_NETWORKS

REDIRECTS = 5
TIMEOUT = httpx.Timeout(20.0, connect=10.0)
REDIRECT_CODES = {301, 302, 303, 307, 308}


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
    headers = {"Range": f"bytes={offset}-"} if offset else {}
    internal = value_of(TEMPLATE_INTERNAL_NETWORKS)
    return request_to(client, "GET", url, internal=internal, headers=headers)
