"""Second factors: giving one while signing in, and managing one's own."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.adapter import get_adapter as get_factors
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from cloudportal.core.errors import Conflict, NotFound
from cloudportal.signin.entry import UNPROCESSABLE, Refused
from cloudportal.signin.recording import Fresh, Recorded, note
from tenants.actor import actor_of
from tenants.services.sessions import end_sessions
from tenants.signing_in import FACTORS, must_have_factor

Type = Authenticator.Type


def note_recovery(request: HttpRequest, user: Any, form: Any) -> None:
    """A code for recovery is used by who lost the other factor, or by who found the list."""
    authenticator = getattr(form, "authenticator", None)
    if authenticator is None or authenticator.type != Type.RECOVERY_CODES:
        return
    note(request, user, "tenants.use_recovery_code", f"{user} used a recovery code.", warning=True)
    authenticator.refresh_from_db()
    left = len(authenticator.wrap().get_unused_codes())
    get_adapter().send_notification_mail("mfa/email/recovery_code_used", user, {"left": left})


class GiveFactor(base.AuthenticateView):
    """After the password."""

    def form_valid(self, form: Any) -> HttpResponse:
        note_recovery(self.request, self.stage.login.user, form)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        answer = super().form_invalid(form)
        answer.status_code = UNPROCESSABLE
        return answer

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**options)
        rows = Authenticator.objects.filter(user=self.stage.login.user).values_list("type", flat=True)
        return context | {"kinds": set(rows)}


class GiveFactorAgain(Refused, base.ReauthenticateView):
    def form_valid(self, form: Any) -> HttpResponse:
        note_recovery(self.request, self.request.user, form)
        return super().form_valid(form)


class GiveKeyAgain(keys.ReauthenticateWebAuthnView):
    pass


class Overview(base.IndexView):
    """Password, factors and sessions; for who owes a factor, the choice of one."""

    template_name = "mfa/index.html"

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**options)
        factors = context["authenticators"]
        codes = factors.get(Type.RECOVERY_CODES)
        user: Any = self.request.user
        return context | {
            "app": factors.get(Type.TOTP),
            "keys": factors.get(Type.WEBAUTHN, []),
            "codes_left": len(codes.get_unused_codes()) if codes else None,
            "must_have_factor": must_have_factor(user),
        }


class FirstEndsOthers(Recorded):
    """With the first factor, browsers that were let in without one are signed out."""

    def change(self, form: Any) -> HttpResponse:
        user: Any = self.request.user
        is_first = not Authenticator.objects.filter(user=user, type__in=FACTORS).exists()
        answer = super().change(form)
        if is_first:
            end_sessions(actor_of(user), user=user, but=self.request.session.session_key)
        return answer


@method_decorator(never_cache, name="dispatch")
class AddApp(Fresh, Refused, FirstEndsOthers, totp.ActivateTOTPView):
    action = "tenants.add_factor"
    words = "{user} added an authenticator app."

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**options)
        return context | {"picture": _inline(context["totp_svg"]), "secret": _groups(context["form"].secret)}


class LastStays(Recorded):
    """Refuses where it is the last factor of somebody who must have one, asked under the lock of the change."""

    def change(self, form: Any) -> HttpResponse:
        authenticator = getattr(self, "authenticator", None) or self.get_object()  # type: ignore[attr-defined]
        adapter = get_factors()
        if not adapter.can_delete_authenticator(authenticator):
            raise Conflict(str(adapter.error_messages["cannot_delete_authenticator"]))
        return super().change(form)


class RemoveApp(Fresh, Refused, LastStays, totp.DeactivateTOTPView):
    action = "tenants.remove_factor"
    words = "{user} removed the authenticator app."


@method_decorator(never_cache, name="dispatch")
class AddKey(Fresh, Refused, FirstEndsOthers, keys.AddWebAuthnView):
    action = "tenants.add_factor"
    words = "{user} added a security key."

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        # allauth's own forgets the form that was refused, and judges it again with a new challenge.
        return super().get_context_data(**options) | options


class OfOwnKey:
    """A page of one of the user's keys. Others' do not exist, whether the proof is fresh or not."""

    kwargs: dict[str, Any]

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.get_object()
        answer: HttpResponseBase = super().dispatch(request, *args, **options)  # type: ignore[misc]
        return answer

    def get_object(self, queryset: Any = None) -> Authenticator:
        key: Authenticator | None = self.get_queryset().filter(pk=self.kwargs["pk"]).first()  # type: ignore[attr-defined]
        if key is None:
            raise NotFound
        return key


class RenameKey(OfOwnKey, Fresh, Refused, Recorded, keys.EditWebAuthnView):
    action = "tenants.rename_factor"
    words = "{user} renamed a security key."
    success_url = reverse_lazy("mfa_index")


class RemoveKey(OfOwnKey, Fresh, LastStays, keys.RemoveWebAuthnView):
    action = "tenants.remove_factor"
    words = "{user} removed a security key."
    success_url = reverse_lazy("mfa_index")


class NewCodes(Fresh, Refused, Recorded, recovery.GenerateRecoveryCodesView):
    action = "tenants.make_recovery_codes"
    words = "{user} made new recovery codes."


@method_decorator(never_cache, name="dispatch")
class Codes(Fresh, recovery.ViewRecoveryCodesView):
    pass


class DownloadCodes(Fresh, recovery.DownloadRecoveryCodesView):
    pass


def _inline(svg: str) -> SafeString:
    """The picture for the page: without the declaration of a file, and with words for who can't see it."""
    body = svg[svg.index("<svg") :]
    label = _("Code for the camera of an authenticator app")
    return mark_safe(body.replace("<svg", f'<svg role="img" aria-label="{label}"', 1))  # noqa: S308 - made by us


def _groups(secret: str) -> str:
    """A secret as people type it."""
    plain = secret.rstrip("=")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))
