"""May this user do this to that, and because of which grant?"""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django import forms
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Ref, Row, column
from cloudportal.doors.api.views import Endpoint, answers
from cloudportal.doors.lookup import one
from tenants import selectors
from tenants.explain import Because, explain, thing_of
from tenants.models import User
from tenants.permissions import PERMISSIONS
from tenants.reach import Place

QUESTION = [
    OpenApiParameter("permission", str, required=True, enum=list(PERMISSIONS), description="What they would do."),
    OpenApiParameter("user", OpenApiTypes.UUID, description="Who; you when left out."),
    OpenApiParameter("account", OpenApiTypes.UUID, description="On which account; or domain, or object."),
    OpenApiParameter("domain", OpenApiTypes.UUID, description="On which domain."),
    OpenApiParameter("object", OpenApiTypes.UUID, description="To what: an instance, network, template or SSH key."),
]


class BecauseShown(TypedDict):
    grant: UUID
    role: Ref
    group: Ref | None
    domain: Ref | None
    account: Ref | None
    inherited: bool


class SharedShown(TypedDict):
    code: str
    account: Ref
    grants: list[BecauseShown]


class ObstacleShown(TypedDict):
    code: str
    message: str


class ExplanationRow(Row):
    """Whether somebody may, by which grants, and what stands in the way."""

    allowed: bool = column()
    user: Ref = column()
    permission: str = column()
    domain: Ref | None = column(help="What was asked about.")
    account: Ref | None = column(help="What was asked about, or what owns the object.")
    grants: list[BecauseShown] = column(help="Grants that allow it; `inherited` ones are on a domain above.")
    shares: list[SharedShown] = column(
        help="Shares of the object that let it be seen: with which account, and the grants there. `code` is `shared`."
    )
    obstacles: list[ObstacleShown] = column(help="Why not: `no-grant`, `user-disabled`, `account-locked` and so on.")


class Question(forms.Form):
    """The query, as far as its shape goes."""

    permission = forms.ChoiceField(choices=list(PERMISSIONS.items()))
    user = forms.UUIDField(required=False)
    account = forms.UUIDField(required=False)
    domain = forms.UUIDField(required=False)
    object = forms.UUIDField(required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not self.errors and sum(bool(values.get(name)) for name in ("account", "domain", "object")) != 1:
            raise forms.ValidationError({"account": "Ask about one account, one domain or one object."})
        return values


class ExplainViewSet(Endpoint):
    @answers(ExplanationRow, parameters=QUESTION)
    def list(self, request: Request) -> Response:
        """Explain one permission."""
        question = Question(request.query_params)
        if not question.is_valid():
            raise InvalidInput({name: [str(text) for text in texts] for name, texts in question.errors.items()})
        asked = question.cleaned_data
        place, thing = _place(request, asked)
        found = explain(
            request.actor, user=_user(request, asked), permission=asked["permission"], on=place, thing=thing
        )
        on = "account" if hasattr(found.place, "domain") else "domain"
        return Response(
            {
                "allowed": found.allowed,
                "user": _ref(found.user, "username"),
                "permission": found.permission,
                "domain": None,
                "account": None,
                on: _ref(found.place),
                "grants": [_because(because) for because in found.grants],
                "shares": [
                    {"code": row.code, "account": _ref(row.account), "grants": [_because(one) for one in row.grants]}
                    for row in found.shares
                ],
                "obstacles": [{"code": row.code, "message": row.message} for row in found.obstacles],
            }
        )


def _user(request: Request, asked: dict[str, Any]) -> User:
    wanted = asked["user"] or request.user.uuid
    return _found("user", lambda: one(selectors.users(request.actor), wanted))


def _place(request: Request, asked: dict[str, Any]) -> tuple[Place, Any]:
    """What is asked about, and the thing on it if it is one."""
    actor = request.actor
    if asked["object"]:
        thing = _found("object", lambda: thing_of(actor, asked["object"]))
        return thing.account, thing
    if asked["domain"]:
        return _found("domain", lambda: one(selectors.reached_domains(actor), asked["domain"])), None
    return _found("account", lambda: one(selectors.reached_accounts(actor), asked["account"])), None


def _found(field: str, look: Any) -> Any:
    """What is not seen is said at its field, in the same words whether it is somebody else's or nobody's."""
    try:
        return look()
    except NotFound:
        raise InvalidInput({field: f"There is no such {field}."}) from None


def _because(because: Because) -> dict[str, Any]:
    grant = because.grant
    return {
        "grant": grant.uuid,
        "role": _ref(grant.role),
        "group": _ref(grant.group),
        "domain": _ref(grant.domain),
        "account": _ref(grant.account),
        "inherited": because.inherited,
    }


def _ref(row: Any, name: str = "name") -> dict[str, Any] | None:
    return None if row is None else {"id": row.uuid, "name": getattr(row, name)}
