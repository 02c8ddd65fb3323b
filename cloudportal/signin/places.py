"""A domain's own sign-in address, and finding it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import FormView

from cloudportal.signin.entry import Refused, SignIn
from tenants.models import Domain, IdentityProvider
from tenants.models.domain import ids_of
from tenants.models.identity_provider import Kind


class SignInAt(SignIn):
    """The sign-in page with the providers of a domain and of those above it.

    A domain that is not there has none: the page looks like that of one without providers.
    """

    domain: Domain | None

    def dispatch(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponseBase:
        # The adapter asks the directories of the page's domain.
        self.domain = request.sign_in_domain = domain_at(self.kwargs["place"])  # type: ignore[attr-defined]
        answer: HttpResponseBase = super().dispatch(request, *args, **options)
        return answer

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**options)
        rows = offered(self.domain) if self.domain else []
        return context | {
            "providers": [row for row in rows if row.kind != Kind.LDAP],
            "directories": [row for row in rows if row.kind == Kind.LDAP],
            "domain": self.domain,
        }


class FindForm(forms.Form):
    place = forms.CharField(
        label=gettext_lazy("E-mail address, or short name of your organisation"),
        max_length=254,
        widget=forms.TextInput({"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )


class Find(Refused, FormView):
    """From an address or a short name to the providers. It knows organisations, not people."""

    template_name = "signin/find.html"
    form_class = FindForm

    def form_valid(self, form: FindForm) -> HttpResponse:
        typed = form.cleaned_data["place"].strip().lower()
        domain = _of_address(typed) if "@" in typed else domain_at(typed)
        if domain is None or not offered(domain):
            form.add_error("place", _("No provider is known for that. Sign in with your password."))
            return self.form_invalid(form)
        return redirect(_with_next(reverse("signin:at", args=[_place_of(domain)]), self.request))


def domain_at(place: str) -> Domain | None:
    """The domain of an alias or id."""
    try:
        return Domain.objects.filter(uuid=UUID(place)).first()
    except ValueError:
        return Domain.objects.filter(sign_in_policy__alias=place).first()


def offered(domain: Domain) -> list[IdentityProvider]:
    return list(IdentityProvider.objects.filter(domain__in=ids_of(domain.path), is_enabled=True))


def _of_address(email: str) -> Domain | None:
    name = email.rpartition("@")[2]
    row = IdentityProvider.objects.filter(email_domains__contains=[name], is_enabled=True).select_related("domain")
    found = row.order_by("pk").first()
    return found.domain if found else None


def _place_of(domain: Domain) -> str:
    policy = getattr(domain, "sign_in_policy", None)
    return policy.alias if policy is not None and policy.alias else str(domain.uuid)


def _with_next(url: str, request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    return f"{url}?{request.GET.urlencode()}" if wanted else url
