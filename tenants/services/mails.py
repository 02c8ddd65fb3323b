"""Mail to people. It leaves by a job, so that a slow mail server holds nobody up and tells nobody anything."""

from __future__ import annotations

from django.db import transaction

from cloudportal.jobs.periodic import System
from cloudportal.jobs.services import start
from tenants.models import OutgoingMail
from tenants.workflows.send_mail import SEND_MAIL


def send_mail(*, address: str, subject: str, body: str) -> None:
    """Have a text sent once the caller's transaction is there. Line breaks in the subject are gone."""
    with transaction.atomic():
        mail = OutgoingMail.objects.create(address=address, subject=" ".join(subject.split())[:255], body=body)
        start(System(), SEND_MAIL, mail=mail.pk)
