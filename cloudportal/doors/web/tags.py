"""Tags on pages: a dialog in which they are lines of ``key = value``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.core.errors import InvalidInput
from cloudportal.doors.lookup import one
from cloudportal.doors.web.forms import ActionPage
from tenants.models.tags import LONGEST_KEY, LONGEST_VALUE, MOST_TAGS
from tenants.services.tags import change_tags

_LINE = re.compile(r"(?P<key>(?:\\.|[^=\\])+)(?:=(?P<value>.*))?")
LONGEST = 2 * MOST_TAGS * (LONGEST_KEY + LONGEST_VALUE)


def line_of(key: str, value: str) -> str:
    """A tag as a person types it; a key's own equals signs have a backslash before them."""
    return f"{key.replace(chr(92), chr(92) * 2).replace('=', chr(92) + '=')} = {value}".rstrip()


def tag_of(line: str) -> tuple[str, str]:
    """The tag that a line is.

    Raises:
        ValueError: it has no key.
    """
    found = _LINE.fullmatch(line.strip())
    if found is None or not found["key"].strip():
        raise ValueError(line)
    return re.sub(r"\\(.)", r"\1", found["key"].strip()), (found["value"] or "").strip()


class TagsForm(forms.Form):
    lines = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "placeholder": "environment = test"}),
        help_text=gettext_lazy("One a line: key = value. A key alone is a tag too."),
    )  # fmt: skip
    # What was there when the dialog opened: what others write meanwhile stays.
    before = forms.JSONField(required=False, widget=forms.HiddenInput)

    def clean_before(self) -> dict[str, str]:
        found = self.cleaned_data["before"]
        return found if isinstance(found, dict) else {}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        known = {line_of(key, value): (key, value) for key, value in values.get("before", {}).items()}
        tags: dict[str, str] = {}
        for line in filter(str.strip, values.get("lines", "").splitlines()):
            try:
                key, value = known.get(line.rstrip()) or tag_of(line)
            except ValueError:
                self.add_error("lines", _("“%(line)s” has no key.") % {"line": line.strip()[:80]})
                continue
            if tags.setdefault(key, value) != value:
                self.add_error("lines", _("“%(key)s” stands there twice.") % {"key": key})
        return {"tags": tags, "before": values.get("before", {})}


class EditTags(ActionPage):
    """The tags of one thing. The route says by which `selector` it is found, and the `route` of its page."""

    form_class = TagsForm
    leaves = True
    selector: Any = None
    route = ""

    @cached_property
    def thing(self) -> Any:
        return one(self.selector(self.actor), self.kwargs["uuid"])

    def initial(self) -> dict[str, Any]:
        tags: Mapping[str, str] = self.thing.tags
        lines = "\n".join(line_of(key, tags[key]) for key in sorted(tags))
        return {"lines": lines, "before": json.dumps(tags)}

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        # The thing comes first: who may not see it is not told what is wrong with a form.
        return TagsForm(data, initial=self.initial())

    def context(self, **extra: Any) -> dict[str, Any]:
        question = _("Tags of %(thing)s") % {"thing": self.thing}
        return super().context(question=question, verb=_("Save tags"), back=self._back(), **extra)

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        tags, before = values["tags"], values["before"]
        new = {key: value for key, value in tags.items() if before.get(key) != value}
        gone = [key for key in before if key not in tags]
        try:
            if new or gone:
                change_tags(self.actor, thing=self.thing, set=new, remove=gone)
        except InvalidInput as refusal:
            # The service names the fields of its own body.
            raise InvalidInput({"lines": [text for texts in refusal.errors.values() for text in texts]}) from refusal
        return _("The tags of %(thing)s are saved.") % {"thing": self.thing}, None, self._back()

    def _back(self) -> str:
        return reverse(self.route, args=[self.thing.uuid])
