"""Lists: filters, order and place all stand in the address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django_filters import FilterSet

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.ordering import NEWEST_FIRST, Sorting
from cloudportal.doors.paging import Page as Rows
from cloudportal.doors.paging import page, page_size
from cloudportal.doors.web.accounts import narrowed_to
from cloudportal.doors.web.base import Page
from tenants.actor import Actor

_PLACE = {"cursor", "sort", "limit"}


class ListPage(Page):
    """The rows of a selector, filtered by the filter set that the API uses too.

    A filter that can't be understood is shown beside its field, above an empty list.
    """

    selector: ClassVar[Callable[[Actor], QuerySet[Any]]]
    filterset_class: ClassVar[type[FilterSet] | None] = None
    sorting: ClassVar[Sorting] = NEWEST_FIRST
    page_length: ClassVar[int] = 25
    # Which filters stand in the bar; the others work too when the address has them.
    bar: ClassVar[tuple[str, ...]] = ("name",)

    @property
    def params(self) -> QueryDict:
        """The address's parameters; a form without scripts sends its empty fields too, and they mean nothing."""
        params = self.request.GET.copy()
        for name in [name for name in params if not any(params.getlist(name))]:
            del params[name]
        return params

    def queryset(self) -> QuerySet[Any]:
        return type(self).selector(self.actor)

    def context(self, **extra: Any) -> dict[str, Any]:
        rows, filters, problem = self._rows()
        params = self.params
        chosen = [name for name in params if name not in _PLACE]
        controls = self._controls(filters) if filters else {}
        return super().context(
            rows=rows.rows,
            page=rows,
            filters=filters,
            problem=problem,
            controls=list(controls.values()),
            kept=[(name, params[name]) for name in chosen if name not in controls],
            is_filtered=bool(chosen),
            sort=params.get("sort") or self.sorting.default,
            **extra,
        )

    def _controls(self, filters: FilterSet) -> dict[str, forms.BoundField]:
        """What stands in the bar; the choice of an account or project for those alone who see things of several."""
        if "account" not in self.bar:
            return {name: filters.form[name] for name in self.bar}
        # A part of the page has no bar to be drawn.
        whole = self.part_template() == self.template_name
        offered = narrowed_to(self.actor, self.permission, self.params.get("account")) if whole else []
        found = {name: filters.form[name] for name in self.bar if name != "account" or offered}
        if offered:
            field = forms.ChoiceField(choices=offered, label=_("Owner"))
            found["account"] = forms.BoundField(filters.form, field, "account")
        return found

    def _rows(self) -> tuple[Rows[Any], FilterSet | None, str]:
        queryset, filters = self.queryset(), None
        params = self.params
        if self.filterset_class is not None:
            filters = self.filterset_class(params, queryset=queryset, request=self.request)
            if not filters.is_valid():
                return Rows([], None, None), filters, "".join(_words(filters.errors))
            queryset = filters.qs
        try:
            length = page_size(params.get("limit")) if params.get("limit") else self.page_length
            return page(queryset, params.get("cursor"), length, self.sorting.order(params.get("sort"))), filters, ""
        except InvalidInput as error:
            return Rows([], None, None), filters, error.message


def _words(errors: Any) -> list[str]:
    return [f"{field}: {text} " for field, texts in errors.items() for text in texts]
