"""The page of one thing."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from cloudportal.core.errors import NotFound
from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from tenants.actor import Actor


class DetailPage(Page):
    """One thing among what a selector gives. `noun` names it in the template.

    While somebody looks at it, it may go: its row then leaves the list, and its page leads back to the list.
    """

    selector: ClassVar[Callable[[Actor], QuerySet[Any]]]
    noun: ClassVar[str]
    list_route: ClassVar[str]

    def queryset(self) -> QuerySet[Any]:
        return type(self).selector(self.actor)

    @cached_property
    def thing(self) -> Any:
        return one(self.queryset(), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(**{self.noun: self.thing}, **extra)

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        try:
            return self.render()
        except NotFound:
            if not self.wants_part or self.part_template() == self.template_name:
                raise
            return self._gone(request)

    def _gone(self, request: HttpRequest) -> HttpResponse:
        answer = HttpResponse(status=NotFound.status)
        if request.htmx.target.startswith("row--"):  # type: ignore[attr-defined]
            answer["HX-Reswap"] = "delete"
        else:
            answer["HX-Redirect"] = reverse(self.list_route)
        return answer
