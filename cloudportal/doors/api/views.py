"""The base of every resource's endpoints. What stands in a subclass is what differs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, TypeVar
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from rest_framework.decorators import action
from rest_framework.response import Response

from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.doors.api.bodies import Nothing, Selector, accepts
from cloudportal.doors.api.bulk import MOST, bulk_actions, results_of
from cloudportal.doors.api.endpoint import Endpoint, Method
from cloudportal.doors.api.preconditions import etag_of, insist, is_known
from cloudportal.doors.api.requests import Request
from cloudportal.doors.api.rows import Row
from cloudportal.doors.api.waiting import APPLIED, a_place, job_when_over, wanted_seconds
from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import NEWEST_FIRST, Sorting
from cloudportal.doors.paging import page, page_size
from cloudportal.jobs.models import Job

M = TypeVar("M", bound=Model)
Extras = list[Any]

PAGING = frozenset({"limit", "cursor", "sort", "fields"})
SAFE = ("GET", "HEAD", "OPTIONS")


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
        return page_of(request, self.filtered(request), self.row, self.sorting)

    def retrieve(self, request: Request, uuid: Any) -> Response:
        """One object."""
        found = tagged(self.shown(request, uuid))
        if is_known(request, found["ETag"]):
            return Response(status=304, headers={"ETag": found["ETag"]})
        return found

    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Do one thing to many objects, with a result for each. What one refuses keeps none of the others back."""
        return Response({"results": results_of(self, request)})

    def cost(self, request: Request) -> int:
        ids = request.data.get("ids") if self.action == "bulk" and isinstance(request.data, dict) else ()
        return max(1, min(len(ids), MOST)) if isinstance(ids, list) else 1

    def guarded(self, request: Request, work: Callable[[], Response]) -> Response:
        asked, uuid = request.headers.get("If-Match"), self.kwargs.get("uuid")
        if asked is None or uuid is None or request.method in SAFE:
            return work()
        with transaction.atomic():
            target = self.target(request, uuid)
            # Nobody else changes the row between the comparison and the end of the work.
            type(target)._base_manager.select_for_update(no_key=True).filter(pk=target.pk).values_list("pk").first()
            insist(asked, etag_of(self.shown(request, uuid)))
            return work()

    def patiently(self, request: Request, response: Response) -> Response:
        job, seconds = response.data.get("job"), wanted_seconds(request)
        if not job or not seconds:
            return response
        with a_place() as got:
            over = job_when_over(job["id"], seconds) if got else None
        if over is not None:
            response = self._over(request, over, job)
        if got:
            response[APPLIED] = f"wait={seconds}"
        return response

    def _over(self, request: Request, over: Job, job: dict[str, Any]) -> Response:
        """The resource as its job left it, which may be gone, and what became of the job."""
        error = {"code": over.error_code, "message": over.error} if over.error_code or over.error else None
        try:
            resource = self.shown(request, over.resource_uuid)
        except NotFound:
            resource = {}
        ended = {**job, "state": over.state, "error": error}
        status = 201 if self.action == "create" and over.state == Job.State.SUCCEEDED else 200
        headers = {"ETag": etag_of(resource)} if resource else {}
        return Response({**resource, "job": ended}, status=status, headers={"Location": job["url"], **headers})

    @classmethod
    def get_object_operations(cls) -> Sequence[Any]:
        """The operations on one object, as `operation` made them."""
        extras: Extras = super().get_extra_actions()
        return [extra for extra in extras if extra.detail]

    @classmethod
    def get_extra_actions(cls) -> Extras:
        """What the router gives addresses to: the operations, and bulk actions where there is anything to do."""
        extras = super().get_extra_actions()
        return extras if bulk_actions(cls) else [extra for extra in extras if extra.__name__ != "bulk"]

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
        fields = request.query_params.get("fields", "") if request.method in SAFE else ""
        plan = self.detail_row.plan(request.actor, fields)
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
        return narrowed(request, rows, params, self.filterset_class)

    def under_way(self, request: Request, job: Job) -> Response:
        """202: the resource as it is now, and the job that is changing it."""
        return under_way(job, self.shown(request, job.resource_uuid))


def page_of(request: Request, rows: QuerySet[Any, Any], row: type[Row], sorting: Sorting) -> Response:
    """One page of some rows, as the query asks for it."""
    asked = request.query_params
    plan = row.plan(request.actor, asked.get("fields", ""))
    order = sorting.order(asked.get("sort"))
    found = page(rows, asked.get("cursor"), page_size(asked.get("limit")), order, plan)
    return Response(
        {
            "results": [plan.render(values) for values in found.rows],
            "next": _address(request, found.next),
            "previous": _address(request, found.previous),
        }
    )


def narrowed(request: Request, rows: QuerySet[M], params: QueryDict, filterset: Any) -> QuerySet[M]:
    """Those of the rows that the filters leave.

    Raises:
        InvalidInput: a filter is unknown or its value makes no sense.
    """
    asked = params.keys() - PAGING
    if not asked:
        return rows
    known = filterset.base_filters.keys() if filterset else set()
    if unknown := asked - known:
        there_are = ", ".join([*known, *sorted(PAGING)])
        raise InvalidInput({name: f"There is no filter “{name}”; there are {there_are}." for name in unknown})
    filters = filterset(params, queryset=rows, request=request)
    if not filters.is_valid():
        raise InvalidInput({name: [str(text) for text in texts] for name, texts in filters.errors.items()})
    found: QuerySet[M] = filters.qs
    return found


def answers(
    what: Any, status: int = 200, *, media_type: str = "application/json", parameters: Sequence[Any] = ()
) -> Callable[[Method], Method]:
    """Decorator: what a method answers that none of the ones below fits, for the OpenAPI document."""

    def decorate(method: Method) -> Method:
        method.answer = {(status, media_type): what}  # type: ignore[attr-defined]
        method.parameters = parameters  # type: ignore[attr-defined]
        return method

    return decorate


def asks(*parameters: Any) -> Callable[[Method], Method]:
    """Decorator: what a method reads from the query, for the OpenAPI document."""

    def decorate(method: Method) -> Method:
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
        return tagged(view.shown(request, made.uuid), 201)

    return _answers(wrapper, "created")


def changes(method: Method) -> Method:
    """Decorator: the method returns the object that it changed; the client gets 200 and its representation."""

    @functools.wraps(method)
    def wrapper(view: ResourceViewSet[Any], request: Request, *args: Any, **kwargs: Any) -> Response:
        return tagged(view.shown(request, method(view, request, *args, **kwargs).uuid))

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
    headers = {"Location": address, "ETag": etag_of(resource)}
    return Response({**resource, "job": {"id": job.uuid, "url": address}}, status=202, headers=headers)


def tagged(resource: dict[str, Any], status: int = 200) -> Response:
    """A representation with its entity tag."""
    return Response(resource, status=status, headers={"ETag": etag_of(resource)})


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
