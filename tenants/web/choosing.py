"""Choosing among what may be many: the first are offered, and whatever else the actor reaches is taken too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import selectors
from tenants.actor import Actor
from tenants.models import Domain, User

MOST = 200


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one kind. `words` writes several of them at once, so that what it asks for it asks for all of them."""

    label: str
    rows: QuerySet[Any]
    words: Callable[[list[Any]], dict[int, str]]

    def find(self, uuid: UUID) -> Any:
        return self.rows.filter(uuid=uuid).first()

    def offered(self, chosen: UUID | None) -> list[tuple[str, str]]:
        """The first rows in words, in the words' order, with the chosen one in any case."""
        rows = list(self.rows[:MOST])
        if chosen is not None and all(row.uuid != chosen for row in rows) and (row := self.find(chosen)) is not None:
            rows.append(row)
        words = self.words(rows)
        return sorted(((str(row.uuid), words[row.pk]) for row in rows), key=lambda choice: choice[1].lower())


def plain(rows: list[Any]) -> dict[int, str]:
    """Rows by their own names."""
    return {row.pk: str(row) for row in rows}


def with_domain(rows: list[Any]) -> dict[int, str]:
    """Names that are only unique in a domain, with the domain."""
    return {row.pk: f"{row} ({row.domain})" if row.domain else str(row) for row in rows}


def in_the_tree(actor: Actor) -> Callable[[list[Domain]], dict[int, str]]:
    """Domains as their way from the highest that the actor sees."""

    def words(rows: list[Domain]) -> dict[int, str]:
        trails = selectors.trails(actor, rows)
        return {row.pk: " / ".join(str(above) for above in [*trails[row.pk], row]) for row in rows}

    return words


class Pick(forms.Field):
    """One object of one of several kinds, by its id. What the actor does not reach is no choice, as if it were not."""

    widget = forms.Select

    def __init__(self, *sources: Source, chosen: Any = None, empty: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.sources = sources
        wanted = _uuid(chosen)
        groups = [(source.label, source.offered(wanted)) for source in sources]
        choices: list[Any] = [group for group in groups if group[1]] if len(groups) > 1 else groups[0][1]
        if not self.required or not wanted:
            choices.insert(0, ("", empty or _("Choose…")))
        self.widget.choices = choices
        if wanted:
            self.initial = str(wanted)

    def to_python(self, value: Any) -> Any:
        if not value:
            return None
        uuid = _uuid(value)
        found = next((row for source in self.sources if uuid and (row := source.find(uuid)) is not None), None)
        if found is None:
            raise ValidationError(_("That can't be chosen."))
        return found


class NameInput(forms.TextInput):
    """A text field that suggests some names."""

    suggestions: Iterable[str] = ()

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        names = f"{name}-names"
        extra = {"list": names, "autocomplete": "off", "spellcheck": "false"}
        field = super().render(name, value, {**(attrs or {}), **extra}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.suggestions))
        return format_html('{}<datalist id="{}">{}</datalist>', field, names, options)


class UserName(forms.CharField):
    """A user whom the actor sees, by name: they may be thousands."""

    widget = NameInput

    def __init__(self, users: QuerySet[User], **options: Any) -> None:
        super().__init__(max_length=150, **{"label": gettext_lazy("User name"), **options})
        self.users = users
        self.widget.suggestions = users.order_by("username").values_list("username", flat=True)[:MOST]

    def clean(self, value: Any) -> Any:
        name = super().clean(value)
        if not name:
            return None
        found = self.users.filter(username=name).first()
        if found is None:
            raise ValidationError(_("There is no user of that name."))
        return found


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
