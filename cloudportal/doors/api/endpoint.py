"""The way of every request of the API. What holds for all of them stands here, never in a resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, Throttled
from rest_framework.request import Request as DrfRequest
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from cloudportal.doors.addresses import client_address
from cloudportal.doors.api.deprecation import deprecation_of
from cloudportal.doors.api.idempotency import once
from cloudportal.doors.api.renderers import AlwaysJson, OrjsonParser, OrjsonRenderer
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.schema import PortalSchema
from cloudportal.doors.rates import Allowance, spend_account, spend_address

Method = Callable[..., Any]


class Endpoint(ViewSet):
    """JSON in and out, everything an actor's, every error a problem."""

    renderer_classes = [OrjsonRenderer]
    parser_classes = [OrjsonParser]
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "head", "post", "patch", "delete"]
    schema = PortalSchema()
    allowance: Allowance | None = None

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return Request(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        self.action = self.action_map.get((request.method or "").lower(), "")
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(asked, *args, **kwargs)
            response = self.carry_out(asked, self._method(asked))
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        if self.allowance:
            self.allowance.write(self.response)
        if deprecation := deprecation_of(self, self._method(asked)):
            deprecation.write(self.response)
        return self.response

    def initial(self, request: DrfRequest, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except (NotAuthenticated, AuthenticationFailed):
            # Who guesses keys is asked to go slower, before they are told that it was wrong again.
            self._spend(spend_address(client_address(request._request)))
            raise

    def check_throttles(self, request: Any) -> None:
        self._spend(spend_account(request.user.account_id, self.cost(request)) if request.user else None)

    def cost(self, request: Request) -> int:
        """How many requests it counts for."""
        return 1

    def _spend(self, allowance: Allowance | None) -> None:
        self.allowance = allowance
        if allowance and allowance.wait:
            raise Throttled(allowance.wait)

    def carry_out(self, request: Request, method: Method) -> Response:
        """Call the method, a POST with the same key but once."""

        def work() -> Response:
            return self.guarded(request, lambda: method(request, *self.args, **self.kwargs))

        response = once(request, work, self.handle_exception) if request.method == "POST" else work()
        return self.patiently(request, response) if response.status_code == 202 else response

    def guarded(self, request: Request, work: Callable[[], Response]) -> Response:
        """Where objects have entity tags: refuses what would change another state than the client has seen."""
        return work()

    def patiently(self, request: Request, response: Response) -> Response:
        """Where there are jobs: the answer, once the job is over, for a client that would wait."""
        return response

    def _method(self, request: Request) -> Method:
        name = (request.method or "").lower()
        refuse: Method = self.http_method_not_allowed
        return getattr(self, name, refuse) if name in self.http_method_names else refuse
