"""What is not there."""

from __future__ import annotations

from typing import Any

from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from cloudportal.doors.api.authentication import ApiKeyAuthentication
from cloudportal.doors.api.problems import MEDIA_TYPE, not_found
from cloudportal.doors.api.renderers import AlwaysJson


class Missing(APIView):
    """Addresses under the API that lead nowhere are answered in the API's form, for whoever asks."""

    authentication_classes: list[type[ApiKeyAuthentication]] = []
    permission_classes = [AllowAny]
    content_negotiation_class = AlwaysJson
    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.args, self.kwargs, self.headers = args, kwargs, self.default_response_headers
        self.request = request = self.initialize_request(request)
        self.initial(request)
        response = Response(not_found(request), status=404, content_type=MEDIA_TYPE)
        return self.finalize_response(request, response)


missing = Missing.as_view()
