"""The browsers that somebody is signed in with."""

from __future__ import annotations

from typing import Any

from allauth.usersessions.models import UserSession
from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.core.errors import NotFound
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.forms import ActionPage
from cloudportal.signin.browsers import name_of
from tenants import selectors
from tenants.services.sessions import end_session, end_sessions

MOST = 100


class Sessions(Page):
    template_name = "signin/sessions.html"

    def context(self, **extra: Any) -> dict[str, Any]:
        current = self.request.session.session_key
        rows = [
            {"row": row, "browser": name_of(row.user_agent), "is_current": row.session_key == current}
            for row in selectors.sessions(self.actor)[:MOST]
        ]
        rows.sort(key=lambda each: not each["is_current"])
        return super().context(sessions=rows, **extra)


class EndSession(ActionPage):
    """One browser, which may be this one."""

    form_class = forms.Form
    leaves = True

    def session(self) -> UserSession:
        row = selectors.sessions(self.actor).filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise NotFound
        return row

    def context(self, **extra: Any) -> dict[str, Any]:
        row = self.session()
        facts = {"browser": name_of(row.user_agent), "address": row.ip}
        return super().context(
            question=_("Sign out %(browser)s at %(address)s?") % facts,
            consequences=[_("Its next click leads to the sign-in page.")],
            verb=_("Sign it out"),
            tone="danger",
            back=reverse("signin:sessions"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        end_session(self.actor, session=self.session())
        return _("That browser is signed out."), None, reverse("signin:sessions")


class EndOtherSessions(ActionPage):
    form_class = forms.Form
    leaves = True

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Sign out all other browsers?"),
            consequences=[_("This one stays signed in."), _("API keys go on working.")],
            verb=_("Sign them out"),
            tone="danger",
            back=reverse("signin:sessions"),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        user: Any = self.request.user
        end_sessions(self.actor, user=user, but=self.request.session.session_key)
        return _("All other browsers are signed out."), None, reverse("signin:sessions")
