"""Profile, API keys and events."""

from __future__ import annotations

from django.urls import path

from tenants.web.view_as import EndViewAs, StartViewAs, UsersToActFor
from tenants.web.views import ApiKeys, DeleteApiKey, EventPage, Events, Profile

app_name = "tenants"

urlpatterns = [
    path("profile/", Profile.as_view(), name="profile"),
    path("api-keys/", ApiKeys.as_view(), name="api-keys"),
    path("api-keys/<uuid:uuid>/delete/", DeleteApiKey.as_view(), name="api-key-delete"),
    path("events/", Events.as_view(), name="events"),
    path("events/<uuid:uuid>/", EventPage.as_view(), name="event"),
    path("view-as/", UsersToActFor.as_view(), name="view-as"),
    path("view-as/end/", EndViewAs.as_view(), name="view-as-end"),
    path("view-as/<uuid:uuid>/", StartViewAs.as_view(), name="view-as-start"),
]
