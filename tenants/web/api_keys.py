"""Pages of keys for scripts."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.forms import ActionPage, FormPage, QuestionPage
from tenants import selectors
from tenants.models import ApiKey
from tenants.permissions import PERMISSIONS
from tenants.scope import PRESETS
from tenants.services.api_keys import (
    create_api_key,
    delete_api_key,
    disable_api_key,
    enable_api_key,
    rotate_api_key,
    update_api_key,
)
from tenants.web.key_forms import ApiKeyForm, NewApiKeyForm, RotateForm

MOST_OF_OTHERS = 200


class ApiKeys(FormPage):
    """The user's keys, and those of whom the user manages. A new key's text is in the answer and nowhere else."""

    template_name = "tenants/api_keys.html"
    form_class = NewApiKeyForm

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor}

    def context(self, **extra: Any) -> dict[str, Any]:
        keys = selectors.api_keys(self.actor)
        others = keys.exclude(user=self.actor.user_id).select_related("user").order_by("user__username", "name")
        return super().context(
            keys=[_row(key) for key in keys.filter(user=self.actor.user_id)],
            others=[_row(key) for key in others[:MOST_OF_OTHERS]] if self.actor.may("users.manage") else [],
            most=MOST_OF_OTHERS,
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        user: Any = self.request.user
        key, text = create_api_key(self.actor, user=user, **values)
        answer = self.render(form=self.form(), created=key, text=text)
        answer["Cache-Control"] = "no-store"
        return answer


class _OfKey:
    """A page about one key."""

    actor: Any
    kwargs: Any

    @cached_property
    def key(self) -> ApiKey:
        return one(selectors.api_keys(self.actor), self.kwargs["uuid"])


class EditApiKey(_OfKey, FormPage):
    template_name = "tenants/api_key_edit.html"
    form_class = ApiKeyForm

    def form_options(self) -> dict[str, Any]:
        return {"actor": self.actor, "key": self.key}

    def context(self, **extra: Any) -> dict[str, Any]:
        heading = _("Change the key “%(key)s”") % {"key": self.key}
        back = reverse("tenants:api-keys")
        return super().context(heading=heading, verb=_("Save"), back=back, back_label=_("API keys"), **extra)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        key = update_api_key(self.actor, key=self.key, **values)
        words = _("The key “%(key)s” is changed.") % {"key": key}
        return done(self.request, words, url=reverse("tenants:api-keys"), follow=True)


class RotateApiKey(_OfKey, QuestionPage):
    """Asks, and then shows the new secret in the same place."""

    form_class = RotateForm

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("A new secret for “%(key)s”?") % {"key": self.key},
            consequences=[
                _("The key keeps its name, its id and what it may do."),
                _("Until the old secret ends both work: put the new one in place meanwhile."),
                *([_("The secret before the last rotation ends at once.")] if self.key.has_previous else []),
            ],
            verb=_("Make a new secret"),
            back=reverse("tenants:api-keys"),
            **extra,
        )

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        key, text = rotate_api_key(self.actor, key=self.key, grace=timedelta(hours=values["grace_hours"]))
        template = "tenants/_key_text.html" if self.wants_part else "tenants/api_key_rotated.html"
        answer = self.render_as(template, created=key, text=text)
        answer["Cache-Control"] = "no-store"
        return answer

    def render_as(self, template: str, **extra: Any) -> HttpResponse:
        self.parts, self.template_name = {}, template  # type: ignore[misc]
        return self.render(**extra)


class SwitchApiKey(_OfKey, ActionPage):
    """Disables a key, or enables it again."""

    form_class = forms.Form
    leaves = True

    def context(self, **extra: Any) -> dict[str, Any]:
        is_on = self.key.is_enabled
        question = _("Disable the key “%(key)s”?") if is_on else _("Enable the key “%(key)s”?")
        refused = [_("Whatever uses it is refused from this moment on, until it is enabled again.")]
        return super().context(
            question=question % {"key": self.key},
            consequences=refused if is_on else [_("Whatever has it is let in again.")],
            verb=_("Disable") if is_on else _("Enable"),
            back=reverse("tenants:api-keys"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        was_on = self.key.is_enabled
        key = (disable_api_key if was_on else enable_api_key)(self.actor, key=self.key)
        words = _("The key “%(key)s” is disabled.") if was_on else _("The key “%(key)s” is enabled.")
        return words % {"key": key}, None, reverse("tenants:api-keys")


class DeleteApiKey(_OfKey, ActionPage):
    form_class = forms.Form
    leaves = True

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Delete the key “%(key)s”?") % {"key": self.key},
            consequences=[_("Whatever uses it is refused from this moment on."), _("It can't be brought back.")],
            verb=_("Delete the key"),
            tone="danger",
            back=reverse("tenants:api-keys"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        delete_api_key(self.actor, key=self.key)
        return _("The key “%(key)s” is gone.") % {"key": self.key}, None, reverse("tenants:api-keys")


def _row(key: ApiKey) -> dict[str, Any]:
    """A key with its narrowing in words."""
    chosen = frozenset(key.permissions)
    preset = next((preset.label for preset in PRESETS.values() if preset.permissions == chosen), "")
    return {"key": key, "preset": preset, "permissions": [PERMISSIONS.get(name, name) for name in key.permissions]}
