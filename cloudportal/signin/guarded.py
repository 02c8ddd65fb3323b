"""HTTP to providers of identities, whose addresses tenants write: never into our own networks.

Every address of a name is judged, the connection goes to the very address that was judged, nothing is redirected, and
nobody answers for long or at length.
"""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from cloudportal.core.addresses import Internal, Unknown, allowed_address
from cloudportal.core.configuration import value_of
from tenants.settings import IDENTITY_INTERNAL_NETWORKS

SECONDS, SECONDS_IN_ALL = 10, 20
LARGEST_BYTES = 1_000_000
PORTS = {"http": 80, "https": 443}


class Guarded(HTTPAdapter):
    """Connects to a judged address, with the name kept for the Host header and for TLS."""

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        parts = urlsplit(request.url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        internal = value_of(IDENTITY_INTERNAL_NETWORKS)
        try:
            address = allowed_address(host, port, internal)
        except Unknown as error:
            raise requests.ConnectionError(f"There is no host called {host}.") from error
        except Internal as error:
            raise requests.ConnectionError(f"{host} is an internal address.") from error
        _, tls = self.build_connection_pool_key_attributes(request, verify, cert)
        name = {"assert_hostname": host, "server_hostname": host} if parts.scheme == "https" else {}
        return self.poolmanager.connection_from_host(address, port, parts.scheme, pool_kwargs={**tls, **name})

    def send(self, request: Any, *_args: Any, **options: Any) -> requests.Response:
        request.headers["Host"] = urlsplit(request.url).netloc.rpartition("@")[2]
        response = super().send(request, **(options | {"stream": True, "timeout": SECONDS, "proxies": {}}))
        response._content = _read(response)
        return response


def _read(response: requests.Response) -> bytes:
    """The whole body, unless it is too long or comes in drops.

    Raises:
        requests.RequestException: it is.
    """
    began, content = time.monotonic(), b""
    with response:
        while piece := response.raw.read1(65_536, decode_content=True):
            content += piece
            if len(content) > LARGEST_BYTES:
                raise requests.RequestException("The answer is too long.")
            if time.monotonic() - began > SECONDS_IN_ALL:
                raise requests.Timeout("The answer takes too long.")
    return content


class GuardedSession(requests.Session):
    """What allauth and we speak to providers with."""

    def __init__(self) -> None:
        super().__init__()
        # Proxies and netrc of the process's environment are not for addresses that tenants write.
        self.trust_env = False
        for scheme in ("http://", "https://"):
            self.mount(scheme, Guarded())

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **(options | {"allow_redirects": False}))
