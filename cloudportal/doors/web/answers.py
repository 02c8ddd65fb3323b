"""What a page answers after it did something."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event


def done(request: HttpRequest, words: str, *, url: str, job: Any = None, follow: bool = False) -> HttpResponse:
    """Say that it was done. htmx stays on the page, and the browser refreshes what changed, unless `follow`."""
    if not request.htmx:  # type: ignore[attr-defined]
        messages.success(request, words)
        return redirect(next_url(request) or url)
    if follow:
        messages.success(request, words)
        return HttpResponseClientRedirect(url)
    changed = {"message": words}
    if job is not None:
        changed |= {"job": str(job.uuid), "resource": str(job.resource_uuid or "")}
    return trigger_client_event(HttpResponse(status=204), "portal:changed", changed)


def next_url(request: HttpRequest) -> str:
    """Where the form that was sent wants to return to, if that is a page of ours."""
    url = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return url if safe else ""
