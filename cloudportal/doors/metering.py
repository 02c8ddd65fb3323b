"""How many requests there were, and how long they took, by route.

With several web processes PROMETHEUS_MULTIPROC_DIR names an empty directory in which each counts in files of its own;
whoever is asked sums them up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

UNKNOWN = "unknown"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("cloudportal_http_requests", "Answered requests.", ("method", "route", "status"), registry=REGISTRY)
LATENCY = Histogram(
    "cloudportal_http_request_seconds", "How long they took.", ("method", "route"), buckets=SECONDS, registry=REGISTRY
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def requests(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    def middleware(request: HttpRequest) -> HttpResponseBase:
        begun = time.perf_counter()
        response = get_response(request)
        # The route and not the path: there are few of them, and no id or name stands in them.
        route = request.resolver_match.route if request.resolver_match else UNKNOWN
        method = request.method if request.method in _METHODS else UNKNOWN
        REQUESTS.labels(method, route, response.status_code).inc()
        LATENCY.labels(method, route).observe(time.perf_counter() - begun)
        return response

    return middleware


def counted() -> CollectorRegistry:
    """A registry with what all processes counted."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)
    return registry
