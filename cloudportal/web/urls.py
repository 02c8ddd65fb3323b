"""The shell's own pages."""

from __future__ import annotations

from django.urls import path

from cloudportal.web.dashboard import Dashboard
from cloudportal.web.jobs import CancelJob, JobDrawer, JobPage, Jobs
from cloudportal.web.search import Search
from cloudportal.web.settings import ChangeSetting, Settings

app_name = "web"

urlpatterns = [
    path("", Dashboard.as_view(), name="dashboard"),
    path("search/", Search.as_view(), name="search"),
    path("settings/", Settings.as_view(), name="settings"),
    path("settings/<str:name>/", ChangeSetting.as_view(), name="setting"),
    path("jobs/", Jobs.as_view(), name="jobs"),
    path("jobs/drawer/", JobDrawer.as_view(), name="job-drawer"),
    path("jobs/<uuid:uuid>/", JobPage.as_view(), name="job"),
    path("jobs/<uuid:uuid>/cancel/", CancelJob.as_view(), name="job-cancel"),
]
