"""The forms of allauth, with our words, and with failures counted."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn import forms as keys
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.cache import cache
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.signin.locks import refuse_locked
from cloudportal.signin.requests import address_of
from tenants.passwords import minimum_length
from tenants.people import by_email
from tenants.services import lockouts

CODE_LENGTH, NAME_LENGTH = 20, 64
# What the library for keys says of text that is no answer of a key.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


def relabel(form: forms.BaseForm, **labels: Any) -> None:
    """Our labels, and none of the placeholders and help texts that allauth writes into the fields."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label, field.help_text = label, ""
        field.widget.attrs.pop("placeholder", None)


def limit(field: forms.Field, length: int) -> None:
    field.validators.append(MaxLengthValidator(length))
    field.widget.attrs["maxlength"] = length


class SignInForm(account.LoginForm):
    """Says no more than that the two do not match."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, login=_("User name or e-mail"), password=_("Password"))
        login = self.fields["login"]
        limit(login, 254)
        login.widget.attrs |= {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}

    def _login_with_password(self, request: Any, redirect_url: Any, credentials: dict[str, Any]) -> Any:
        """As allauth does it; whoever came with a directory's password is not said to have proved one of ours."""
        way = getattr(request, "came_by", None)
        if way is None:
            return super()._login_with_password(request, redirect_url, credentials)
        self._login.redirect_url = redirect_url
        record_authentication(request, self.user, method=way)
        return perform_login(request, self._login)


class NewPassword:
    """The two fields of a new password."""

    user: Any
    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, password1=_("New password"), password2=_("New password again"))  # type: ignore[arg-type]
        least = _("At least %(length)d characters.") % {"length": minimum_length(self.user)}
        others = [text for text in password_validators_help_texts()[1:] if text]
        self.fields["password1"].help_text = " ".join([least, *others])


class ChangePasswordForm(NewPassword, account.ChangePasswordForm):
    """Counts wrong passwords as failures to sign in: who sits at somebody's open browser may not guess for ever."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, oldpassword=_("Your present password"))

    def clean_oldpassword(self) -> str:
        address = address_of(context.request)
        attempt = lockouts.password_attempt(self.user, "", address)
        refuse_locked(attempt)
        try:
            password: str = super().clean_oldpassword()
        except forms.ValidationError:
            lockouts.record_failure(self.user, _("wrong password"), address=address, attempt=attempt)
            raise
        lockouts.succeeded(attempt)
        return password


class ResetPasswordForm(account.ResetPasswordForm):
    """Finds the users of an address that sign in with a password. The answer is the same when there are none."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, email=_("E-mail address"))

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.users = [user for user in by_email(email) if user.is_active and user.has_usable_password()]
        return email


class ResetPasswordKeyForm(NewPassword, account.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(account.ReauthenticateForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, password=_("Your password"))


class Counted:
    """A proof of a second factor: after too many failures it is not even looked at."""

    user: Any

    def counted(self, prove: Any) -> Any:
        attempt = lockouts.factor_attempt(self.user)
        refuse_locked(attempt)
        try:
            proof = prove()
        except forms.ValidationError:
            address = address_of(context.request)
            lockouts.record_failure(self.user, _("wrong second factor"), address=address, attempt=attempt)
            raise
        lockouts.succeeded(attempt)
        return proof


class Code(Counted):
    """A code of an app, or one for recovery."""

    cleaned_data: dict[str, Any]
    fields: dict[str, forms.Field]
    authenticator: Authenticator

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, code=_("Code"))  # type: ignore[arg-type]
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}
        limit(self.fields["code"], CODE_LENGTH)

    def clean_code(self) -> str:
        return str(self.counted(self._prove))

    def _prove(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            use_up(self.user, code)
        return code


class CodeForm(Code, codes.AuthenticateForm):
    """While signing in."""


class CodeAgainForm(Code, codes.ReauthenticateForm):
    """Before a delicate change."""


class ActivateAppForm(Counted, ActivateTOTPForm):
    """The first code of a new app; it is used up like any other."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, code=gettext_lazy("The code that the app shows now"))
        self.fields["code"].widget.attrs |= {"autocomplete": "one-time-code", "inputmode": "numeric"}

    def clean_code(self) -> str:
        code = str(self.counted(super().clean_code))
        use_up(self.user, code)
        return code


def use_up(user: Any, code: str) -> None:
    """Make a code worthless for as long as a clock would take it (RFC 6238, 5.2).

    Raises:
        ValidationError: it was used before.
    """
    lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    if not cache.add(f"totp:{user.pk}:{normalize_user_code(code)}", True, timeout=lasts):
        raise get_adapter().validation_error("incorrect_code")


class Key(Counted):
    """The answer of a security key."""

    cleaned_data: dict[str, Any]

    def clean_credential(self) -> Authenticator:
        found: Authenticator = self.counted(self._prove)
        return found

    def _prove(self) -> Authenticator:
        try:
            found: Authenticator = super().clean_credential()  # type: ignore[misc]
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error
        return found


class KeyForm(Key, keys.AuthenticateWebAuthnForm):
    """While signing in."""


class KeyAgainForm(Key, keys.ReauthenticateWebAuthnForm):
    """Before a delicate change."""


class AddKeyForm(keys.AddWebAuthnForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].label = _("Name of the key")
        limit(self.fields["name"], NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error
