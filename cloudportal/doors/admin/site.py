"""The operators' site: who gets in, and which admins are admitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from unfold.sites import UnfoldAdminSite

from cloudportal.core.errors import NotFound
from cloudportal.doors.admin.base import PortalAdmin

View = Callable[..., HttpResponseBase]


class OperatorSite(UnfoldAdminSite):
    """For everybody else it does not exist. Django's own flags `is_staff` and `is_superuser` mean nothing here."""

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # It would delete rows without asking a service.
        self.disable_action("delete_selected")

    def register(self, model_or_iterable: Any, admin_class: type[Any] | None = None, **options: Any) -> None:
        """Admit admins that go through services; those that other apps bring along write rows directly."""
        if admin_class is not None and issubclass(admin_class, PortalAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def unregister(self, model_or_iterable: type[Model] | Iterable[type[Model]]) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        super().unregister([model for model in models if self.is_registered(model)])

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_authenticated and request.actor.is_operator)  # type: ignore[attr-defined]

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        guarded: View = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not self.has_permission(request):
                raise NotFound
            return guarded(request, *args, **kwargs)

        return update_wrapper(inner, guarded)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The portal has one page to sign in."""
        if request.user.is_authenticated:
            return redirect(f"{self.name}:index")
        return redirect_to_login(request.GET.get("next", ""))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Users are no concern of this site beyond what tenancy's services do."""
        raise Http404
