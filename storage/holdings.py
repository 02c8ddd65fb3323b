"""What accounts hold of storage."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import QuerySet

from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from cloudportal.jobs.trail import Originator
from storage.locks import lock_template
from storage.models import Template
from storage.workflows import DELETE_TEMPLATE
from tenants.holdings import Holding


def templates(accounts: Collection[int]) -> QuerySet[Template]:
    return Template.objects.filter(account__in=accounts, removed_at=None)


def remove_template(template: Template, parent: Job) -> None:
    with transaction.atomic():
        # What is being made from it right now is seen by the job then, and its copy kept.
        lock_template(template)
        jobs.start(Originator(parent), DELETE_TEMPLATE, template, parent=parent)


# Volumes are root disks as yet, and go with their instances.
Holding("templates", 40, "storage", Template, templates, remove_template)
