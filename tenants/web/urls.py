"""Profile, API keys and events."""

from __future__ import annotations

from django.urls import path

from tenants.web.limits import AccountLimits, DomainLimits, EditAccountLimits, EditDomainLimits, MyLimits
from tenants.web.sign_in import DeleteProvider, EditProvider, NewProvider, SignInDomains, SignInOfDomain
from tenants.web.view_as import EndViewAs, StartViewAs, UsersToActFor
from tenants.web.views import ApiKeys, DeleteApiKey, EventPage, Events, Profile
from tenants.web.webhooks import (
    ChangeWebhook,
    DeleteWebhook,
    NewWebhook,
    Redeliver,
    RotateWebhookSecret,
    TestWebhook,
    WebhookPage,
    Webhooks,
)

app_name = "tenants"

urlpatterns = [
    path("profile/", Profile.as_view(), name="profile"),
    path("api-keys/", ApiKeys.as_view(), name="api-keys"),
    path("api-keys/<uuid:uuid>/delete/", DeleteApiKey.as_view(), name="api-key-delete"),
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
    path("events/<uuid:uuid>/", EventPage.as_view(), name="event"),
    path("webhooks/", Webhooks.as_view(), name="webhooks"),
    path("webhooks/new/", NewWebhook.as_view(), name="webhook-new"),
    path("webhooks/<uuid:uuid>/", WebhookPage.as_view(), name="webhook"),
    path("webhooks/<uuid:uuid>/change/", ChangeWebhook.as_view(), name="webhook-change"),
    path("webhooks/<uuid:uuid>/rotate/", RotateWebhookSecret.as_view(), name="webhook-rotate"),
    path("webhooks/<uuid:uuid>/test/", TestWebhook.as_view(), name="webhook-test"),
    path("webhooks/<uuid:uuid>/delete/", DeleteWebhook.as_view(), name="webhook-delete"),
    path("webhook-deliveries/<uuid:uuid>/redeliver/", Redeliver.as_view(), name="webhook-redeliver"),
    path("view-as/", UsersToActFor.as_view(), name="view-as"),
    path("view-as/end/", EndViewAs.as_view(), name="view-as-end"),
    path("view-as/<uuid:uuid>/", StartViewAs.as_view(), name="view-as-start"),
]
