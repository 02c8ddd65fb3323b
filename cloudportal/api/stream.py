"""Where changes are heard of as they happen. The live process serves them; this process knows the way."""

from __future__ import annotations

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from cloudportal.core.errors import Refusal
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.views import Endpoint, answers
from cloudportal.doors.middleware import live_origin


class Misdirected(Refusal):
    """The balancer sent it to the wrong process."""

    code = "misdirected"
    status = 421
    title = "The live process serves that"


_FILTERS = (
    OpenApiParameter("kind", str, enum=["job", "resource"], many=True, description="What changed."),
    OpenApiParameter("type", str, many=True, description="The type of the resource, such as compute.instance."),
    OpenApiParameter("resource", OpenApiTypes.UUID, many=True, description="Changes of these resources."),
    OpenApiParameter("job", OpenApiTypes.UUID, many=True, description="Changes of these jobs."),
    OpenApiParameter(
        "Last-Event-ID", str, OpenApiParameter.HEADER, description="Sent on return: begins with `resync`."
    ),
)


class StreamViewSet(Endpoint):
    @answers(OpenApiTypes.STR, media_type="text/event-stream", parameters=_FILTERS)
    def list(self, request: Request) -> Response | HttpResponse:
        """Hear of changes as server-sent events.

        Each event is named for what changed, `job` or `resource`, and its data is a JSON object with the ids that say
        what to read again. Events are hints: one may be lost when the connection is, and none is sent twice. `resync`
        says that some may have been lost: read again what you keep. Where the live process has an address of its own
        the answer is a redirect to it.
        """
        origin = live_origin(request._request)
        if not origin:
            raise Misdirected("The balancer must send this address to the live process.")
        return HttpResponse(status=307, headers={"Location": f"{origin}{request.get_full_path()}"})
