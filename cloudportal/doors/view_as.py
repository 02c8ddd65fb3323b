"""Operators who act for a user: in a session that is in a view, or by a header of the REST API."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from cloudportal.core.errors import NotFound, Refusal
from cloudportal.doors.lanes import has_key
from tenants.acting import SESSION_KEY, act_for, come_on_behalf, is_open, resume
from tenants.actor import Actor, actor_of
from tenants.models import User, ViewAs
from tenants.services.view_as import end_view_as

HEADER = "X-On-Behalf-Of"


def is_viewing(request: HttpRequest) -> bool:
    """Whether the session acts for somebody. A key acts as its own user, whatever cookie comes with it."""
    return (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        and not has_key(request)
        and SESSION_KEY in request.session
        and request.user.is_authenticated
    )


def resume_view(request: HttpRequest) -> HttpResponse | None:
    """Go on acting for the user of the session's view.

    Where that is over, nothing of the request is done: what was meant for the user must not be done as the operator.
    The answer then leads to the front page, which says so.
    """
    operator: User = request.user  # type: ignore[assignment]
    try:
        view, actor = resume(operator, request.session[SESSION_KEY])
    except Refusal:
        return _over(request, operator)
    request.view_as = view  # type: ignore[attr-defined]
    request.actor = actor  # type: ignore[attr-defined]
    come_on_behalf(operator, view)
    return None


def leave_view(request: HttpRequest, why: str) -> None:
    """Take the session out of its view."""
    uuid = request.session.pop(SESSION_KEY, None)
    view = ViewAs.objects.select_related("user").filter(uuid=uuid, operator=request.user.pk).first() if uuid else None
    if view is not None:
        end_view_as(actor_of(request.user), view=view, why=why)  # type: ignore[arg-type]


def act_on_behalf(request: HttpRequest, own: Actor) -> Actor:
    """Who acts in a request of the API: with the header, the user that it names.

    Raises:
        NotFound, PermissionDenied: the caller may not act for that user.
    """
    text = request.headers.get(HEADER, "")
    if not text:
        return own
    # Whatever is raised from here on is a refusal of the caller's.
    request.actor = own  # type: ignore[attr-defined]
    user = User.objects.select_related("account__domain").filter(uuid=_uuid(text)).first()
    if user is None:
        raise NotFound
    actor = act_for(own, user)
    come_on_behalf(request.user)  # type: ignore[arg-type]
    request.actor = actor  # type: ignore[attr-defined]
    return actor


def _over(request: HttpRequest, operator: User) -> HttpResponse:
    view = ViewAs.objects.filter(uuid=request.session[SESSION_KEY], operator=operator, ended_at=None).first()
    leave_view(request, "refused" if view is not None and is_open(view) else "expired")
    words = _("You do not act for anybody any more: the time was up, or a right was taken away. Nothing was done.")
    if request.path_info.startswith("/api/"):
        return _problem(words)
    messages.warning(request, words)
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect("/")
    return redirect("web:dashboard")


def _problem(words: str) -> HttpResponse:
    body = {
        "type": "urn:cloudportal:problem:view-ended",
        "title": "Not allowed",
        "status": 403,
        "detail": words,
        "code": "view-ended",
    }
    return JsonResponse(body, status=403, content_type="application/problem+json")


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error
