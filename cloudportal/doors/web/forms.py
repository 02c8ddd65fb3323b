"""Forms that end in a service: what the service refuses stands beside the field that is wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from cloudportal.core.errors import InvalidInput, NotFound, Refusal
from cloudportal.doors.trail import note_refusal
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.base import Page

UNPROCESSABLE = 422


class FormPage(Page, ABC):
    """GET shows the form, with what the address says filled in; POST calls the service and goes on."""

    form_class: ClassVar[type[forms.Form]]
    success_url: ClassVar[str] = ""

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return self.form_class(data, files, initial=self.initial(), **self.form_options())

    def form_options(self) -> dict[str, Any]:
        return {}

    def initial(self) -> dict[str, Any]:
        return {name: self.request.GET[name] for name in self.request.GET}

    @abstractmethod
    def submit(self, values: dict[str, Any]) -> HttpResponse:
        """Call the service and answer. Refusals may pass: they are shown in the form."""

    def get(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return self.render(form=self.form())

    def post(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        form = self.form(request.POST, request.FILES)
        if not form.is_valid():
            return self.render(form=form, status=UNPROCESSABLE)
        try:
            return self.submit(form.cleaned_data)
        except NotFound:
            raise
        except Refusal as refusal:
            return self.refused(form, refusal)

    def refused(self, form: forms.Form, refusal: Refusal) -> HttpResponse:
        """Show the form again, with what the service said."""
        note_refusal(self.request, refusal)
        return self.render(form=form, status=_refuse(form, refusal), refusal=refusal)


def _refuse(form: forms.Form, refusal: Refusal) -> int:
    if not isinstance(refusal, InvalidInput):
        form.add_error(None, refusal.message)
        return refusal.status
    for field, texts in refusal.errors.items():
        for text in texts:
            form.add_error(field if field in form.fields else None, text)
    return UNPROCESSABLE


class QuestionPage(FormPage):
    """A question before something is done: in a dialog where htmx asks, on a page of its own otherwise."""

    template_name = "partials/confirm_page.html"
    parts: ClassVar[dict[str, str]] = {"dialog-body": "partials/_confirm.html"}

    def refused(self, form: forms.Form, refusal: Refusal) -> HttpResponse:
        """A button without a dialog has no form to show the words in: they become a notice."""
        if self.wants_part and self.part_template() == self.template_name:
            raise refusal
        return super().refused(form, refusal)


class ActionPage(QuestionPage):
    """A question whose answer leads on to another page."""

    # Whether the page that asked is gone afterwards, so that a dialog must lead away from it.
    leaves: bool = False

    @abstractmethod
    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        """Do it. Answers with the words to say, the job or None, and where to go on."""

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        words, job, url = self.act(values)
        return done(self.request, words, url=url, job=job, follow=self.leaves)


class TypedName(forms.Form):
    """The name of what will be gone, typed: nobody does that by accident."""

    typed_name = forms.CharField(label="Name", required=False, max_length=255)

    def __init__(self, *args: Any, name: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.name = name
        self.fields["typed_name"].label = _("Type %(name)s to confirm") % {"name": name}
        attrs = {"autocomplete": "off", "spellcheck": "false", "data-must-equal": name}
        self.fields["typed_name"].widget.attrs |= attrs

    def clean_typed_name(self) -> str:
        typed: str = self.cleaned_data["typed_name"]
        if typed != self.name:
            raise forms.ValidationError(_("That is not the name."))
        return typed
