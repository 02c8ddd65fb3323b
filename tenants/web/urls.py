"""Profile, API keys and events."""

from __future__ import annotations

from django.urls import path

from tenants.web.views import ApiKeys, DeleteApiKey, Events, Profile

app_name = "tenants"

urlpatterns = [
    path("profile/", Profile.as_view(), name="profile"),
    path("api-keys/", ApiKeys.as_view(), name="api-keys"),
    path("api-keys/<uuid:uuid>/delete/", DeleteApiKey.as_view(), name="api-key-delete"),
    path("events/", Events.as_view(), name="events"),
]
