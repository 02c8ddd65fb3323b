"""Forms that make something of tenancy and lead to its page."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse

from cloudportal.core.errors import NotFound
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.forms import FormPage
from tenants.web.dialogs import Words


class CreatePage(FormPage):
    """Where the new thing belongs can stand in the address, under the name of that field: `belongs_to`."""

    template_name = "partials/form_page.html"
    belongs_to: ClassVar[str]
    heading: ClassVar[Words]
    verb: ClassVar[Words]
    words: ClassVar[Words]
    route: ClassVar[str]
    list_route: ClassVar[str]
    list_label: ClassVar[Words]
    # What belongs to a domain is made by who has the permission on one; on single accounts it is of no use.
    of_domains: ClassVar[bool] = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and self.of_domains and not self.actor.may_on_domains(self.permission):
            raise NotFound
        return super().dispatch(request, *args, **kwargs)

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor, "chosen": self.request.GET.get(self.belongs_to)}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=self.heading,
            verb=self.verb,
            back=reverse(self.list_route),
            back_label=self.list_label,
            **extra,
        )

    @abstractmethod
    def make(self, values: dict[str, Any]) -> Any:
        """Call the service. Answers with what was made."""

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        made = self.make(values)
        url = reverse(self.route, args=[made.uuid])
        return done(self.request, str(self.words) % {"name": made}, url=url, follow=True)
