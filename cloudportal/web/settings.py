"""The page of settings: what holds, where that was said, and a form to change it there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from tenants.known_settings import Shown, known_setting, known_settings
from tenants.places import SCOPES
from tenants.services.settings import change_setting, reset_setting

UNPROCESSABLE = 422
# So many places of a kind are offered to choose from; others by their own address.
OFFERED = 100


class Settings(Page):
    """All settings for a place that the address names, ``?scope=zone&place=<id>``, or for the whole cloud."""

    template_name = "web/settings.html"

    @cached_property
    def place(self) -> Model | None:
        """The place that the address names.

        Raises:
            NotFound: it does not exist for the actor.
        """
        asked = self.request.GET or self.request.POST
        scope, key = asked.get("scope", ""), asked.get("place", "")
        if not scope:
            return None
        if scope not in SCOPES:
            raise NotFound
        return one(SCOPES[scope].selector(self.actor), key) if key else None

    def context(self, **extra: Any) -> dict[str, Any]:
        shown = known_settings(self.actor, self.place)
        if not shown:
            raise NotFound
        scope = self.request.GET.get("scope") or self.request.POST.get("scope", "")
        return super().context(
            areas=[(area, list(each)) for area, each in groupby(shown, _area)],
            scopes=[name for name in SCOPES if any(name in each.setting.scopes for each in shown)],
            scope=scope,
            places=list(self._places(scope)),
            place=self.place,
            **extra,
        )

    def _places(self, scope: str) -> Iterator[Model]:
        if scope in SCOPES:
            yield from SCOPES[scope].selector(self.actor)[:OFFERED]


def _area(shown: Shown) -> str:
    return shown.setting.name.partition(".")[0]


class ChangeSetting(Settings):
    """POST sets a value or, with ``reset``, takes it back; then the page again, with what is wrong at its field."""

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return redirect("web:settings")

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        shown = known_setting(self.actor, self.kwargs["name"])
        try:
            words = self._change(shown)
        except InvalidInput as error:
            wrong = {"name": shown.setting.name, "text": error.message, "given": request.POST.get("value", "")}
            return self.render(status=UNPROCESSABLE, wrong=wrong)
        messages.success(request, words)
        asked = {name: request.POST[name] for name in ("scope", "place") if request.POST.get(name)}
        return redirect(f"{reverse('web:settings')}?{urlencode(asked)}#{shown.setting.name}")

    def _change(self, shown: Shown) -> str:
        if "reset" in self.request.POST:
            reset_setting(self.actor, setting=shown.setting, place=self.place)
            return _("%(name)s is as above again.") % {"name": shown.setting.name}
        change_setting(self.actor, setting=shown.setting, value=self.request.POST.get("value", ""), place=self.place)
        return _("%(name)s was changed; it holds everywhere within seconds.") % {"name": shown.setting.name}
