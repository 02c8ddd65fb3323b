"""``/metrics``, for Prometheus and for nobody else."""

from __future__ import annotations

from hmac import compare_digest

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from cloudportal.api.metrics.collector import CloudCollector
from cloudportal.doors.addresses import client_address
from cloudportal.doors.lanes import SCHEME
from cloudportal.doors.metering import counted
from cloudportal.doors.rates import spend_address
from tenants.services.key_holders import holder_of_key

_cloud = CollectorRegistry()
_cloud.register(CloudCollector())


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures of the cloud and of the requests, for who brings METRICS_TOKEN or an operator's API key."""
    scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != SCHEME or not _may_read(text.strip(), client_address(request)):
        return _turned_away(request)
    return HttpResponse(generate_latest(counted()) + generate_latest(_cloud), content_type=CONTENT_TYPE_LATEST)


def _may_read(text: str, address: str) -> bool:
    token = settings.METRICS_TOKEN
    if token and compare_digest(text.encode(), token.encode()):
        return True
    try:
        holder = holder_of_key(text, address=address)
        return holder is not None and holder.actor().is_operator
    except (DatabaseError, InterfaceError):
        # Whose key it is can't be found out now; the token of the settings works all the same.
        return False


def _turned_away(request: HttpRequest) -> HttpResponse:
    allowance = spend_address(client_address(request))
    if allowance and allowance.wait:
        return HttpResponse("Too many requests.\n", status=429, headers={"Retry-After": str(allowance.wait)})
    words = "A token or an operator's API key is needed.\n"
    return HttpResponse(words, status=401, content_type="text/plain", headers={"WWW-Authenticate": "Bearer"})
