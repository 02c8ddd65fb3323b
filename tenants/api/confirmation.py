"""What has to be typed before something goes with everything in it."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter

from cloudportal.doors.api.requests import Request

CONFIRM = OpenApiParameter("confirm", str, description="Its exact name, to delete it with everything in it.")


def confirmation(request: Request) -> str:
    return str(request.query_params.get("confirm", ""))
