"""Jobs: the dock on every page, the list, and one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from cloudportal.doors.lookup import one
from cloudportal.doors.web.base import Page
from cloudportal.doors.web.forms import ActionPage
from cloudportal.doors.web.lists import ListPage
from cloudportal.jobs.models import Job
from tenants import selectors
from tenants.filters import JobFilterSet
from tenants.services.jobs import cancel_job, may_cancel

IN_DOCK = 6


class JobDrawer(Page):
    """The last jobs that the user started."""

    template_name = "web/job_drawer.html"
    parts = {"dock-content": "web/_job_drawer.html"}

    def context(self, **extra: Any) -> dict[str, Any]:
        jobs = list(selectors.jobs(self.actor).filter(actor_id=self.actor.user_id, parent=None)[:IN_DOCK])
        active = [job for job in jobs if not job.is_over]
        return super().context(
            jobs=[{"job": job, "cancellable": may_cancel(self.actor, job)} for job in jobs], active=active, **extra
        )


class Jobs(ListPage):
    template_name = "web/jobs.html"
    parts = {"results": "web/_jobs.html"}
    permission = "jobs.view"
    selector = selectors.jobs
    filterset_class = JobFilterSet
    bar = ("state", "kind")


class JobPage(Page):
    template_name = "web/job.html"
    parts = {"job": "web/_job.html"}

    def context(self, **extra: Any) -> dict[str, Any]:
        job = one(selectors.jobs(self.actor), self.kwargs["uuid"])
        log = list(selectors.job_log(self.actor, job))
        return super().context(job=job, cancellable=may_cancel(self.actor, job), log=log, **extra)


class CancelJob(ActionPage):
    form_class = forms.Form

    def job(self) -> Job:
        uuid: UUID = self.kwargs["uuid"]
        return one(selectors.jobs(self.actor), uuid)

    def context(self, **extra: Any) -> dict[str, Any]:
        job = self.job()
        return super().context(
            question=_("Cancel “%(job)s”?") % {"job": job.title},
            consequences=[_("It stops before its next step."), _("What it made so far is removed.")],
            verb=_("Cancel the job"),
            tone="danger",
            back=reverse("web:job", args=[job.uuid]),
            **extra,
        )

    def act(self, values: dict[str, Any]) -> tuple[str, Any, str]:
        job = cancel_job(self.actor, job=self.job())
        return _("Cancellation requested."), job, reverse("web:job", args=[job.uuid])

    def get(self, *args: Any, **kwargs: Any) -> HttpResponse:
        self.job()
        return super().get(*args, **kwargs)
