"""The base of every resource's endpoints. What stands in a subclass is what differs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.doors.api.bodies import Nothing, Selector, accepts
from cloudportal.doors.api.renderers import AlwaysJson, OrjsonParser, OrjsonRenderer
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row
from cloudportal.doors.api.schema import PortalSchema
from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import NEWEST_FIRST, Sorting
from cloudportal.doors.paging import page, page_size
from cloudportal.jobs.models import Job

M = TypeVar("M", bound=Model)
Method = Callable[..., Any]

PAGING = frozenset({"limit", "cursor", "sort"})


class Endpoint(ViewSet):
    """JSON in and out, everything an actor's, every error a problem."""

    renderer_classes = [OrjsonRenderer]
    parser_classes = [OrjsonParser]
    content_negotiation_class = AlwaysJson
    http_method_names = ["get", "head", "post", "patch", "delete"]
    schema = PortalSchema()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        return Request(
            request,
            parsers=self.get_parsers(),
            authenticators=self.get_authenticators(),
            negotiator=self.get_content_negotiator(),
            parser_context=self.get_parser_context(request),
        )


class ResourceViewSet(Endpoint, Generic[M]):
    """Lists and shows one noun. `selector` says what the actor may see, and nothing here goes around it.

    `detail_row` is what one object shows, where that is more than in the list.
    """

    lookup_field = "uuid"
    lookup_value_converter = "uuid"

    selector: ClassVar[Selector]
    row: ClassVar[type[Row]]
    detail_row: ClassVar[type[Row]]
    filterset_class: ClassVar[Any] = None
    sorting: ClassVar[Sorting] = NEWEST_FIRST

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        # A function that is a class attribute would be taken for a method.
        if callable(vars(cls).get("selector")):
            cls.selector = staticmethod(vars(cls)["selector"])
        if "row" in vars(cls) and "detail_row" not in vars(cls):
            cls.detail_row = cls.row

    def list(self, request: Request) -> Response:
        """One page of what the actor may see."""
        asked = request.query_params
        plan = self.row.plan(request.actor)
        rows = plan.of(self.filtered(request))
        found = page(rows, asked.get("cursor"), page_size(asked.get("limit")), self.sorting.order(asked.get("sort")))
        return Response(
            {
                "results": [plan.render(values) for values in found.rows],
                "next": _address(request, found.next),
                "previous": _address(request, found.previous),
            }
        )

    def retrieve(self, request: Request, uuid: Any) -> Response:
        """One object."""
        return Response(self.shown(request, uuid))

    def rows(self, request: Request) -> QuerySet[M]:
        """What the actor may see, unordered."""
        return type(self).selector(request.actor).order_by()

    def target(self, request: Request, uuid: Any) -> M:
        """The object of a path.

        Raises:
            NotFound: it does not exist for the actor.
        """
        return one(self.rows(request), uuid)

    def shown(self, request: Request, uuid: Any) -> dict[str, Any]:
        """The representation of one object, as the database has it now.

        Raises:
            NotFound: it does not exist for the actor.
        """
        plan = self.detail_row.plan(request.actor)
        found = plan.one(self.rows(request).filter(uuid=uuid))
        if found is None:
            raise NotFound
        return found

    def filtered(self, request: Request) -> QuerySet[M]:
        """The rows that the query's filters leave.

        Raises:
            InvalidInput: a filter is unknown or its value makes no sense.
        """
        return self.narrowed(request, self.rows(request), request.query_params)

    def narrowed(self, request: Request, rows: QuerySet[M], params: QueryDict) -> QuerySet[M]:
        """Those of the rows that the filters leave; the refusals of `filtered`."""
        asked = params.keys() - PAGING
        if not asked:
            return rows
        known = self.filterset_class.base_filters.keys() if self.filterset_class else set()
        if unknown := asked - known:
            there_are = ", ".join([*known, *sorted(PAGING)])
            raise InvalidInput({name: f"There is no filter “{name}”; there are {there_are}." for name in unknown})
        filters = self.filterset_class(params, queryset=rows, request=request)
        if not filters.is_valid():
            raise InvalidInput({name: [str(text) for text in texts] for name, texts in filters.errors.items()})
        return filters.qs

    def under_way(self, request: Request, job: Job) -> Response:
        """202: the resource as it is now, and the job that is changing it."""
        return under_way(job, self.shown(request, job.resource_uuid))


def answers(
    what: Any, status: int = 200, *, media_type: str = "application/json", parameters: Sequence[Any] = ()
) -> Callable[[Method], Method]:
    """Decorator: what a method answers that none of the ones below fits, for the OpenAPI document."""

    def decorate(method: Method) -> Method:
        method.answer = {(status, media_type): what}  # type: ignore[attr-defined]
        method.parameters = parameters  # type: ignore[attr-defined]
        return method

    return decorate


def starts_job(method: Method) -> Method:
    """Decorator: the method returns the job that it started; the client gets 202, the resource and the job."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *args: Any, **kwargs: Any) -> Response:
        return view.under_way(request, method(view, request, *args, **kwargs))

    return _answers(wrapper, "job")


def creates(method: Method) -> Method:
    """Decorator: the method returns what it made; the client gets 201 and its representation."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *args: Any, **kwargs: Any) -> Response:
        made = method(view, request, *args, **kwargs)
        return Response(view.shown(request, made.uuid), status=201)

    return _answers(wrapper, "created")


def changes(method: Method) -> Method:
    """Decorator: the method returns the object that it changed; the client gets 200 and its representation."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(view.shown(request, method(view, request, *args, **kwargs).uuid))

    return _answers(wrapper, "changed")


def removes(method: Method) -> Method:
    """Decorator: the object is gone when the method returns; the client gets 204."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *args: Any, **kwargs: Any) -> Response:
        method(view, request, *args, **kwargs)
        return Response(status=204)

    return _answers(wrapper, "nothing")


def on_object(method: Method) -> Method:
    """Decorator: turns the id in the path into the object, or 404 before anything else is looked at."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *, uuid: Any) -> Any:
        return method(view, request, view.target(request, uuid))

    return wrapper


def operation(method: Method) -> Method:
    """Decorator: ``POST …/{id}/<method's name>/``."""
    body = method if hasattr(method, "body") else accepts(Nothing)(_without_body(method))
    # DRF keeps `destroy` for DELETE; an operation of that name ends in an underscore.
    name = method.__name__.strip("_").replace("_", "-")
    return action(detail=True, methods=["post"], url_path=name, url_name=name)(body)


def under_way(job: Job, resource: dict[str, Any]) -> Response:
    """202 for a resource that a job is changing."""
    address = reverse("api:job-detail", args=[job.uuid])
    return Response({**resource, "job": {"id": job.uuid, "url": address}}, status=202, headers={"Location": address})


def _without_body(method: Method) -> Method:
    @functools.wraps(method)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return method(*args[:-1], **kwargs)

    return wrapper


def _answers(wrapper: Method, kind: str) -> Method:
    wrapper.answers = kind  # type: ignore[attr-defined]
    return wrapper


def _address(request: HttpRequest | Request, cursor: str | None) -> str | None:
    """The list's own address with another cursor; relative, since balancers may have names that we do not know."""
    if cursor is None:
        return None
    asked = [(name, value) for name, values in request.GET.lists() for value in values if name != "cursor"]
    return f"{request.path}?{urlencode([*asked, ('cursor', cursor)])}"
