"""What all pages share: who may open them, and answering with the page or with the part that htmx asked for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from cloudportal.core.errors import NotFound
from tenants.actor import Actor


class Page(View):
    """A page for somebody who signed in.

    `parts` maps the id of an element to the template that draws it: when htmx asks for that element the page
    answers with it alone. Of the id ``row--<uuid>`` the name is ``row``.
    """

    template_name: ClassVar[str] = ""
    parts: ClassVar[dict[str, str]] = {}
    permission: ClassVar[str] = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self._to_sign_in(request)
        if self.permission and not self.actor.may(self.permission):
            raise NotFound
        return super().dispatch(request, *args, **kwargs)

    def _to_sign_in(self, request: HttpRequest) -> HttpResponse:
        answer = redirect_to_login(request.get_full_path())
        return HttpResponseClientRedirect(answer.url) if request.htmx else answer  # type: ignore[attr-defined]

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request.actor  # type: ignore[attr-defined]
        return actor

    @property
    def wants_part(self) -> bool:
        """Whether htmx asks for a part; when it restores history it needs the whole page."""
        htmx: Any = self.request.htmx  # type: ignore[attr-defined]
        return bool(htmx) and not htmx.boosted and not htmx.history_restore_request

    def part_template(self) -> str:
        target: str = (self.request.htmx.target or "") if self.wants_part else ""  # type: ignore[attr-defined]
        return self.parts.get(target.split("--")[0], self.template_name)

    def context(self, **extra: Any) -> dict[str, Any]:
        """What the template gets beside `extra`."""
        return extra

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return self.render()

    def render(self, status: int = 200, **extra: Any) -> HttpResponse:
        return render(self.request, self.part_template(), self.context(**extra), status=status)
