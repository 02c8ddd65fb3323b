"""Who the caller is."""

from __future__ import annotations

from uuid import UUID

from rest_framework.response import Response

from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column, computed, ref
from cloudportal.doors.api.views import Endpoint, answers
from tenants.models import User


class MeRow(Row):
    """The caller, and what was granted to it somewhere."""

    id: UUID = column("uuid")
    username: str = column()
    email: str = column()
    account: Ref = ref()
    domain: Ref = ref("account__domain")
    is_operator: bool = computed(lambda: False)
    permissions: list[str] = computed(list)


class MeViewSet(Endpoint):
    @answers(MeRow)
    def list(self, request: Request) -> Response:
        """Show who the caller is and what it may do."""
        actor = request.actor
        shown = MeRow.plan(actor).one(User.objects.filter(pk=actor.user_id or 0)) or {}
        return Response({**shown, "is_operator": actor.is_operator, "permissions": sorted(actor.reach)})
