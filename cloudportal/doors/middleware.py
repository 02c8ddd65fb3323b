"""What every request passes: health, its id, the content policy, its actor, and refusals as pages."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from csp.constants import NONCE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject

from cloudportal.core.errors import Refusal
from cloudportal.core.origin import Origin, coming_from, session_mark
from cloudportal.doors.addresses import client_address
from cloudportal.doors.lanes import ForPages, has_key
from cloudportal.doors.readiness import readiness
from cloudportal.doors.trail import note_refusal
from cloudportal.doors.view_as import act_on_behalf, is_viewing, resume_view
from tenants.actor import Actor, actor_of

GetResponse = Callable[[HttpRequest], HttpResponseBase]

NOBODY = Actor("nobody")
REQUEST_ID_LENGTH = 64


def health(get_response: GetResponse) -> GetResponse:
    """Answers a balancer before sessions and allowed hosts are looked at.

    ``/healthz``: 200 when the database answers; ``/readyz``: when everything is there that requests need, check by
    check.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info == "/readyz":
            return _ready()
        if request.path_info != "/healthz":
            return get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Exception:
            structlog.get_logger(__name__).exception("the database does not answer")
            return HttpResponse("database\n", status=503, content_type="text/plain")
        return HttpResponse("ok\n", content_type="text/plain")

    return middleware


def _ready() -> HttpResponse:
    checks = readiness()
    is_ready = all(check["status"] == "ok" for check in checks.values())
    body = {"status": "ok" if is_ready else "failing", "checks": checks}
    return JsonResponse(body, status=200 if is_ready else 503, headers={"Cache-Control": "no-store"})


def request_id(get_response: GetResponse) -> GetResponse:
    """Gives every request a name that logs, events and jobs repeat; a balancer may bring its own."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        brought = request.headers.get("X-Request-ID", "")
        usable = brought.replace("-", "").isalnum() and brought.isascii() and len(brought) <= REQUEST_ID_LENGTH
        name = brought if usable else uuid.uuid4().hex
        request.id = name  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request_id=name):
            response = get_response(request)
        response["X-Request-ID"] = name
        return response

    return middleware


def origin(get_response: GetResponse) -> GetResponse:
    """Where everything that the request writes comes from, for the audit trail. A key is added when it is known."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        cookie = None if has_key(request) else request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        came = Origin(client_address(request), session=session_mark(cookie), request_id=request.id)  # type: ignore[attr-defined]
        with coming_from(came):
            return get_response(request)

    return middleware


def live_origin(request: HttpRequest) -> str:
    """Where the live process listens, as the browser sees it; empty when it is the page's own origin."""
    if not settings.LIVE_PORT:
        return ""
    host = request.get_host()
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return f"{request.scheme}://{name}:{settings.LIVE_PORT}"


class ContentSecurity(ForPages, CSPMiddleware):
    """The content policy of the settings, with the live process's origin added where it has one."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if report_only:
            return parts
        if request.path_info.startswith("/admin/"):
            parts.replace = {**(parts.replace or {}), **_ADMIN}
        elif origin := live_origin(request):
            update = copy.copy(parts.update or {})
            update["connect-src"] = [SELF, origin, origin.replace("http", "ws", 1)]
            parts.update = update
        return parts


# The admin's theme evaluates expressions in attributes. Only operators get there, and it shows no tenant's HTML.
_ADMIN: dict[str, Any] = {
    "script-src": [SELF, NONCE, UNSAFE_EVAL],
    "style-src": [SELF, UNSAFE_INLINE],
}

content_security = ContentSecurity


def actor(get_response: GetResponse) -> GetResponse:
    """`request.actor`: who acts, resolved once a request and not before somebody asks.

    `request.view_as` is set where an operator acts for somebody: the actor is then whom they act for.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        request.view_as = None  # type: ignore[attr-defined]
        request.actor = SimpleLazyObject(lambda: _actor_of(request))  # type: ignore[attr-defined]
        if is_viewing(request) and (answer := resume_view(request)):
            return answer
        return get_response(request)

    return middleware


def _actor_of(request: HttpRequest) -> Actor:
    if not request.user.is_authenticated:
        return NOBODY
    # Authentication by key has left here what the key takes away.
    own = actor_of(request.user, getattr(request, "auth", None))
    return act_on_behalf(request, own) if request.path_info.startswith("/api/") else own


class Refusals:
    """Turns a refusal that a page raised into a page, or into a notice when only a part was asked for."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            # The same address answers with a page or with a part of it: caches must tell them apart.
            patch_vary_headers(response, ["HX-Request", "HX-Target"])
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refusal) or request.path_info.startswith("/api/"):
            return None
        note_refusal(request, error)
        return refusal_response(request, error)


refusals = Refusals


def refusal_response(request: HttpRequest, error: Refusal) -> HttpResponse:
    """The refusal in HTML, with its own status."""
    context = {"refusal": error}
    if getattr(request, "htmx", False):
        response = HttpResponse(render_to_string("partials/_refusal.html", context, request), status=error.status)
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
        return response
    return HttpResponse(render_to_string("refusal.html", context, request), status=error.status)
