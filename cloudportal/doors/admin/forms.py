"""Forms of the admin: they parse, and show what a service refused."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from cloudportal.core.errors import InvalidInput, Refusal

# From the inside out: a cluster is in a pod, a pod in a zone.
ABOVE = ("cluster", "pod", "zone")


class ServiceForm(forms.ModelForm):
    """A form whose row is written by a service.

    Neither is the row touched nor are its constraints asked: the service does both, and says which field is wrong.
    `refusal` is what it said when the form was sent.
    """

    refusal: ClassVar[Refusal | None] = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, field in self.fields.items():
            if isinstance(field.widget, forms.PasswordInput):
                # Compared with what is kept, an empty answer would look like a change.
                self.initial.pop(name, None)

    def _post_clean(self) -> None:
        if isinstance(self.refusal, InvalidInput):
            for name, texts in self.refusal.errors.items():
                self.add_error(name if name in self.fields else None, [ValidationError(text) for text in texts])
        elif self.refusal is not None:
            self.add_error(None, self.refusal.message)

    def changes(self) -> dict[str, Any]:
        """What was changed, as the service takes it."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class SecretField(forms.CharField):
    """Something that is never shown back. Left empty, what is kept stays."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        options.setdefault("strip", False)
        options.setdefault("help_text", _("Kept encrypted, and never shown again. Left empty, nothing changes."))
        options.setdefault("widget", UnfoldAdminPasswordWidget({"autocomplete": "new-password"}))
        super().__init__(**options)


class AddressesField(forms.CharField):
    """IPv4 addresses between commas, as the list of text that the model keeps."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [part.strip() for part in (value or "").replace(" ", ",").split(",") if part.strip()]

    def validate(self, value: Any) -> None:
        super().validate(value)
        for text in value:
            try:
                IPv4Address(text)
            except AddressValueError as error:
                raise ValidationError(_("“%(text)s” is no IPv4 address.") % {"text": text}) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class PlaceField(forms.ModelChoiceField):
    """A zone, pod or cluster, named with everything above it: their own names repeat."""

    def label_from_instance(self, obj: Model) -> str:
        return place(obj)


def place(row: Any) -> str:
    """“Zone / Pod / Cluster”."""
    names = [str(row)]
    while (row := next((getattr(row, name) for name in ABOVE if hasattr(row, name)), None)) is not None:
        names.append(str(row))
    return " / ".join(reversed(names))
