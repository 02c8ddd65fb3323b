"""How the users of a domain sign in: its rules and its providers, for those who manage it."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cloudportal.doors.lookup import one
from cloudportal.doors.ordering import BY_NAME
from cloudportal.doors.web.answers import done
from cloudportal.doors.web.forms import ActionPage, FormPage, TypedName
from cloudportal.doors.web.lists import ListPage
from tenants import selectors
from tenants.filters import DomainFilterSet
from tenants.models import Account, Domain, IdentityProvider
from tenants.models.identity_provider import Kind
from tenants.services.directories import try_directory
from tenants.services.identity_providers import (
    create_identity_provider,
    delete_identity_provider,
    update_identity_provider,
)
from tenants.services.provider_kinds import missing_extra
from tenants.services.sign_in_policies import change_sign_in_policy, policy_of
from tenants.web.provider_forms import FORMS, TrialForm
from tenants.web.sign_in_forms import SignInPolicyForm

MANAGE = "tenancy.manage"
# What somebody who registers the portal at a provider of the kind is asked for.
TOLD: dict[str, tuple[tuple[Any, str], ...]] = {
    Kind.OPENID_CONNECT: ((gettext_lazy("Tell the provider to lead back to:"), "openid_connect_callback"),),
    Kind.SAML: (
        (gettext_lazy("What the provider wants to know, as metadata:"), "saml_metadata"),
        (gettext_lazy("Where it posts its responses to:"), "saml_back"),
    ),
}


class SignInDomains(ListPage):
    template_name = "tenants/sign_in_domains.html"
    parts = {"results": "tenants/_sign_in_domains.html"}
    permission = MANAGE
    selector = selectors.managed_domains
    filterset_class = DomainFilterSet
    sorting = BY_NAME


class OfDomain(FormPage):
    """A page of a domain that the actor manages; of any other it does not exist."""

    permission = MANAGE

    @cached_property
    def domain(self) -> Domain:
        return one(selectors.managed_domains(self.actor), self.kwargs["uuid"])

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(domain=self.domain, **extra)


class SignInOfDomain(OfDomain):
    template_name = "tenants/sign_in_domain.html"
    form_class = SignInPolicyForm

    def initial(self) -> dict[str, Any]:
        policy = policy_of(self.domain)
        return {
            "mfa_required": self.domain.mfa_required,
            "password_min_length": policy.password_min_length,
            "alias": policy.alias,
        }

    def context(self, **extra: Any) -> dict[str, Any]:
        providers = selectors.identity_providers(self.actor).filter(domain=self.domain)
        place = policy_of(self.domain).alias or self.domain.uuid
        address = self.request.build_absolute_uri(reverse("signin:at", args=[place]))
        return super().context(providers=list(providers), address=address, **extra)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        change_sign_in_policy(self.actor, domain=self.domain, **values)
        return done(self.request, _("Saved."), url=self.request.path)


class ProviderPage(FormPage):
    template_name = "tenants/identity_provider.html"
    permission = MANAGE
    domain: Any

    @property
    @abstractmethod
    def kind(self) -> str:
        """Which of the forms."""

    def form(self, data: Any = None, files: Any = None) -> forms.Form:
        return FORMS[self.kind](data, files, initial=self.initial(), **self.form_options())

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(kind=self.kind, missing=missing_extra(self.kind), **extra)

    def form_options(self) -> dict[str, Any]:
        accounts = Account.objects.filter(domain__path__startswith=self.domain.path)
        return {"accounts": accounts & self.actor.accounts("tenancy.view"), "is_operator": self._promises}

    @property
    def _promises(self) -> bool:
        reach = self.actor.reach.get(MANAGE)
        return bool(reach and reach.everywhere)


class NewProvider(OfDomain, ProviderPage):
    """One kind at a time; `?kind=` says which."""

    @property
    def kind(self) -> str:
        asked = self.request.GET.get("kind", "")
        return asked if asked in FORMS else Kind.OPENID_CONNECT.value

    def initial(self) -> dict[str, Any]:
        return {}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(heading=_("Add a provider"), verb=_("Add the provider"), kinds=Kind.choices, **extra)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        create_identity_provider(self.actor, domain=self.domain, kind=self.kind, **values)
        url = reverse("tenants:sign-in-domain", args=[self.domain.uuid])
        return done(self.request, _("The provider is added."), url=url)


class _OfProvider:
    """A page about one provider."""

    actor: Any
    kwargs: Any

    @cached_property
    def provider(self) -> IdentityProvider:
        return one(selectors.identity_providers(self.actor), self.kwargs["uuid"])


class EditProvider(_OfProvider, ProviderPage):
    @property
    def domain(self) -> Domain:
        return self.provider.domain

    @property
    def kind(self) -> str:
        return self.provider.kind

    def initial(self) -> dict[str, Any]:
        return FORMS[self.kind].values_of(self.provider)

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            heading=str(self.provider),
            verb=_("Save"),
            domain=self.domain,
            provider=self.provider,
            told=[(words, self._address(name)) for words, name in TOLD.get(self.kind, ())],
            **extra,
        )

    def _address(self, name: str) -> str:
        path = reverse(name, args=[self.provider.uuid])
        return urljoin(settings.PORTAL_URL, path) if settings.PORTAL_URL else self.request.build_absolute_uri(path)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        update_identity_provider(self.actor, provider=self.provider, **values)
        return done(self.request, _("Saved."), url=self.request.path)


class TryProvider(_OfProvider, FormPage):
    """Asks the directory, and says at which step it fails."""

    template_name = "tenants/identity_provider_trial.html"
    form_class = TrialForm
    permission = MANAGE

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(provider=self.provider, domain=self.provider.domain, **extra)

    def submit(self, values: dict[str, Any]) -> HttpResponse:
        steps = try_directory(self.actor, provider=self.provider, username=values["username"])
        return self.render(form=self.form(self.request.POST), steps=steps)


class DeleteProvider(_OfProvider, ActionPage):
    form_class = TypedName
    permission = MANAGE
    leaves = True

    def form_options(self) -> dict[str, Any]:
        return {"name": self.provider.name}

    def context(self, **extra: Any) -> dict[str, Any]:
        return super().context(
            question=_("Remove the provider “%(provider)s”?") % {"provider": self.provider},
            consequences=[
                _("Nobody signs in by it any more."),
                _("Its users stay, and need a password to come back. Who is signed in now stays so."),
            ],
            verb=_("Remove it"),
            tone="danger",
            back=reverse("tenants:identity-provider", args=[self.provider.uuid]),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        url = reverse("tenants:sign-in-domain", args=[self.provider.domain.uuid])
        delete_identity_provider(self.actor, provider=self.provider)
        return _("The provider is removed."), None, url
