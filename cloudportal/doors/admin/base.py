"""What all admins share: selectors read, services write, and a refusal stands in the form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar, NoReturn

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import NON_FIELD_ERRORS
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import Field, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from unfold.admin import ModelAdmin

from cloudportal.core.errors import InvalidInput, NotFound, Refusal
from cloudportal.doors.admin.forms import ServiceForm
from cloudportal.doors.trail import note_refusal
from tenants.actor import NOWHERE, Actor

UNPROCESSABLE = 422
Selector = Callable[[Actor], QuerySet[Any]]
Service = Callable[..., Any]


class PortalAdmin(ModelAdmin):
    """An admin without writes of its own. Set none of the services, and it is read-only.

    `argument` is the name under which the services take the row. `fixed` are fields that are chosen once, `facts`
    those that are found out; `write_only` are asked for and never shown. `minimums` gives a bound to decimal fields,
    so that breaking it is said at the field and not above the form. `places` are choices of the hierarchy.
    """

    selector: ClassVar[Selector]
    create_service: ClassVar[Service | None] = None
    update_service: ClassVar[Service | None] = None
    remove_service: ClassVar[Service | None] = None
    argument: ClassVar[str] = ""
    manage_permission: ClassVar[str] = "infrastructure.manage"
    fixed: ClassVar[tuple[str, ...]] = ()
    facts: ClassVar[tuple[str, ...]] = ()
    write_only: ClassVar[tuple[str, ...]] = ()
    minimums: ClassVar[dict[str, Decimal]] = {}
    places: ClassVar[dict[str, tuple[Selector, type[Field]]]] = {}

    form = ServiceForm
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_per_page = 50
    list_filter_sheet = False
    list_fullwidth = True
    warn_unsaved_form = True
    change_form_show_cancel_button = True
    delete_confirmation_template = "admin/remove.html"

    # Who may do what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return actor_of(request).is_operator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.create_service is not None and self.manages(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.update_service is not None and self.manages(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.remove_service is not None and self.manages(request)

    def has_manage_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What actions ask for."""
        return self.manages(request)

    def manages(self, request: HttpRequest) -> bool:
        return actor_of(request).reach.get(self.manage_permission, NOWHERE).everywhere

    # Reading

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return type(self).selector(actor_of(request)).order_by(*self.model._meta.ordering)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """A filter in the address must not tell, letter by letter, what a page does not show."""
        return "password" not in lookup and super().lookup_allowed(lookup, value, request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*self.fixed, *self.facts) if obj is not None else ()

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """On a page that can't be changed every field is shown as text, and a secret must not be."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        shown = [(title, options | {"fields": self._shown(options["fields"])}) for title, options in fieldsets]
        return [(title, options) for title, options in shown if options["fields"]]

    def _shown(self, fields: Iterable[Any]) -> tuple[Any, ...]:
        kept = ((line if isinstance(line, str) else self._shown(line)) for line in fields)
        return tuple(line for line in kept if line and line not in self.write_only)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Field | None:
        if db_field.name in self.minimums:
            options["min_value"] = self.minimums[db_field.name]
        if db_field.name in self.places:
            selector, field = self.places[db_field.name]
            options |= {"queryset": selector(actor_of(request)), "form_class": field}
        field = super().formfield_for_dbfield(db_field, request, **options)
        # Without the buttons beside a choice that open a second window to add or change what is chosen.
        if field is not None and hasattr(field.widget, "widget"):
            field.widget = field.widget.widget
        return field

    # Writing

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponseBase:
        """A refused form is drawn again, with the refusal in it. Django's transaction has undone the rest by then."""
        if request.method == "POST" and object_id is not None and (action := self._pressed(request, object_id)):
            return self._act(request, object_id, action)
        try:
            response = super().changeform_view(request, object_id, form_url, extra_context)
        except NotFound:
            raise
        except Refusal as refusal:
            note_refusal(request, refusal)
            request.refusal = refusal  # type: ignore[attr-defined]
            response = super().changeform_view(request, object_id, form_url, extra_context)
        if request.method == "POST" and "adminform" in (getattr(response, "context_data", None) or {}):
            response.status_code = _status(getattr(request, "refusal", None))
        return response

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **options: Any) -> Any:
        """“Save and add another” belongs where something is added, “errors below” where there are some."""
        context["show_save_and_add_another"] = options.get("add", False)
        if set(context["adminform"].form.errors) == {NON_FIELD_ERRORS}:
            context["errors"] = None
        return super().render_change_form(request, context, **options)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **options)
        form.refusal = getattr(request, "refusal", None)
        # Fields that a form class declares are in every form of it, wanted on this page or not.
        wanted = options.get("fields") or form.base_fields
        form.base_fields = {name: field for name, field in form.base_fields.items() if name in wanted}
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The row as the service returned it; Django goes on to the answer with it."""
        actor = actor_of(request)
        if not change:
            return self.create(actor, form.cleaned_data, request)
        changes = form.changes()
        return self.update(actor, form.instance, changes) if changes else form.instance

    def create(self, actor: Actor, values: dict[str, Any], request: HttpRequest) -> Model:
        return type(self).create_service(actor, **values)  # type: ignore[misc]

    def update(self, actor: Actor, row: Model, changes: dict[str, Any]) -> Model:
        return type(self).update_service(actor, **{self.argument: row}, **changes)  # type: ignore[misc]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """The service has written it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """There is nothing beside the row."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The trail is our events, which services write; Django's log would be a second one."""

    log_change = log_addition

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """See `log_addition`."""

    # Removing

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What stands in the way is for the service to say."""
        return [str(row) for row in objs], {}, set(), []

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            self.message_user(request, refusal.message, messages.ERROR)
            return HttpResponseRedirect("../change/")

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        type(self).remove_service(actor_of(request), **{self.argument: obj})  # type: ignore[misc]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise Http404

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404

    # Actions

    def _pressed(self, request: HttpRequest, object_id: str) -> Any:
        """The action whose button beside “Save” was pressed."""
        actions = self.get_actions_submit_line(request, object_id)
        return next((action for action in actions if action.action_name in request.POST), None)

    def _act(self, request: HttpRequest, object_id: str, action: Any) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        action.method(request, row)
        return HttpResponseRedirect(request.get_full_path())

    def for_each(self, request: HttpRequest, rows: Iterable[Model], act: Callable[[Any], object], done: str) -> None:
        """Do something to each row, and say which were refused and why. One refusal does not hold up the others."""
        succeeded = []
        for row in rows:
            try:
                with transaction.atomic():
                    act(row)
            except Refusal as refusal:
                self.message_user(request, refusal.message, messages.ERROR)
            else:
                succeeded.append(str(row))
        if succeeded:
            names = ", ".join(succeeded)
            self.message_user(request, f"{done}: {names}.", messages.SUCCESS)


def actor_of(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _status(refusal: Refusal | None) -> int:
    return UNPROCESSABLE if refusal is None or isinstance(refusal, InvalidInput) else refusal.status
