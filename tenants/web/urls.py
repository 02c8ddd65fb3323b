"""Profile, API keys and events."""

from __future__ import annotations

from django.urls import path

from tenants.web.api_keys import ApiKeys, DeleteApiKey, EditApiKey, RotateApiKey, SwitchApiKey
from tenants.web.limits import AccountLimits, DomainLimits, EditAccountLimits, EditDomainLimits, MyLimits
from tenants.web.sign_in import DeleteProvider, EditProvider, NewProvider, SignInDomains, SignInOfDomain
from tenants.web.views import Events, Profile

app_name = "tenants"

urlpatterns = [
    path("profile/", Profile.as_view(), name="profile"),
    path("api-keys/", ApiKeys.as_view(), name="api-keys"),
    path("api-keys/<uuid:uuid>/delete/", DeleteApiKey.as_view(), name="api-key-delete"),
    path("api-keys/<uuid:uuid>/edit/", EditApiKey.as_view(), name="api-key-edit"),
    path("api-keys/<uuid:uuid>/rotate/", RotateApiKey.as_view(), name="api-key-rotate"),
    path("api-keys/<uuid:uuid>/switch/", SwitchApiKey.as_view(), name="api-key-switch"),
    path("limits/", MyLimits.as_view(), name="limits"),
    path("limits/accounts/<uuid:uuid>/", AccountLimits.as_view(), name="account-limits"),
    path("limits/accounts/<uuid:uuid>/edit/", EditAccountLimits.as_view(), name="account-limits-edit"),
    path("limits/domains/<uuid:uuid>/", DomainLimits.as_view(), name="domain-limits"),
    path("limits/domains/<uuid:uuid>/edit/", EditDomainLimits.as_view(), name="domain-limits-edit"),
    path("sign-in-settings/", SignInDomains.as_view(), name="sign-in-domains"),
    path("domains/<uuid:uuid>/sign-in/", SignInOfDomain.as_view(), name="sign-in-domain"),
    path("domains/<uuid:uuid>/providers/new/", NewProvider.as_view(), name="identity-provider-new"),
    path("providers/<uuid:uuid>/", EditProvider.as_view(), name="identity-provider"),
    path("providers/<uuid:uuid>/delete/", DeleteProvider.as_view(), name="identity-provider-delete"),
    path("events/", Events.as_view(), name="events"),
]
