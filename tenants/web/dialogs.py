"""Dialogs of tenancy: a question about one thing, and the page to be shown after it was done."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.functional import Promise

from cloudportal.doors.lookup import one
from cloudportal.doors.web.forms import ActionPage, TypedName
from tenants.actor import Actor
from tenants.holdings import in_words

Words = str | Promise


class Dialog(ActionPage):
    """Something to do with one thing, said in words with the thing's `name` in them."""

    form_class: ClassVar[type[forms.Form]] = forms.Form
    leaves = True
    selector: ClassVar[Callable[[Actor], QuerySet[Any]]]
    route: ClassVar[str]
    question: ClassVar[Words]
    verb: ClassVar[Words]
    words: ClassVar[Words]
    lead: ClassVar[Words] = ""
    consequences: ClassVar[tuple[Words, ...]] = ()
    tone: ClassVar[str] = "primary"

    @cached_property
    def thing(self) -> Any:
        return one(type(self).selector(self.actor), self.kwargs["uuid"])

    @cached_property
    def name(self) -> str:
        """As it was when the dialog was opened."""
        return str(self.thing)

    def form_options(self) -> dict[str, Any]:
        # Who does not see the thing must not get as far as a message about the form.
        self.name  # noqa: B018
        return {}

    @abstractmethod
    def do(self, values: dict[str, Any]) -> Any:
        """Call the service. Answers with the job, if there is one."""

    def say(self, words: Words) -> str:
        return str(words) % {"name": self.name}

    def lines(self) -> list[str]:
        """What it leads to."""
        return [self.say(line) for line in self.consequences]

    def page(self) -> str:
        return reverse(self.route, args=[self.thing.uuid])

    def after(self) -> str:
        return self.page()

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=self.say(self.question),
            lead=self.say(self.lead),
            consequences=self.lines(),
            verb=self.verb,
            tone=self.tone,
            back=self.page(),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        said = self.say(self.words)
        job = self.do(values)
        return said, job, self.after()

    def here(self) -> str:
        """The page that the dialog was opened on, if it says so."""
        return getattr(self.request.htmx, "current_url_abs_path", "") or ""  # type: ignore[attr-defined]


class Removal(Dialog):
    """Deleting something; its list is shown afterwards."""

    tone = "danger"
    list_route: ClassVar[str]

    def after(self) -> str:
        return reverse(self.list_route)


class RemovalWithContents(Removal):
    """Deleting something with everything in it, after its name was typed."""

    form_class = TypedName

    def form_options(self) -> dict[str, Any]:
        return {"name": self.name}

    @abstractmethod
    def contents(self) -> dict[str, int]: ...

    def lines(self) -> list[str]:
        inside = self.contents()
        return [self.inside(in_words(inside)) if inside else self.nothing_inside(), *super().lines()]

    @abstractmethod
    def inside(self, counted: str) -> str: ...

    @abstractmethod
    def nothing_inside(self) -> str: ...


class NameForm(forms.Form):
    name = forms.CharField(max_length=64, widget=forms.TextInput(attrs={"autocomplete": "off"}))
