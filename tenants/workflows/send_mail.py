"""Hand a mail to the mail server. One that the server took just before a crash is sent twice, which does no harm."""

from __future__ import annotations

import smtplib

from django.core.mail import EmailMessage
from django.db import transaction

from cloudportal.core.driver_errors import Fatal, Retryable
from cloudportal.jobs.periodic import System
from cloudportal.jobs.run import Run
from cloudportal.jobs.services import start
from cloudportal.jobs.workflow import Workflow
from tenants.models import OutgoingMail

SEND_MAIL = Workflow("tenants.send_mail", "Send a mail", cancellable=False)


@SEND_MAIL.step("Hand it to the mail server", deadline_seconds=3600, tries=10)
def hand_over(run: Run[None]) -> None:
    mail = OutgoingMail.objects.filter(pk=run.args["mail"]).first()
    if mail is None:
        return
    try:
        EmailMessage(mail.subject, mail.body, to=[mail.address]).send()
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused) as error:
        raise Fatal(f"The mail server refuses the message: {type(error).__name__}.") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Retryable(f"The mail server did not take the message: {type(error).__name__}.") from error


@SEND_MAIL.finish
@SEND_MAIL.give_up
def forget(run: Run[None]) -> None:
    OutgoingMail.objects.filter(pk=run.args["mail"]).delete()


def put_into_the_post(*, address: str, subject: str, body: str) -> None:
    """Have a text sent once the caller's transaction is there. Line breaks in the subject are gone."""
    with transaction.atomic():
        mail = OutgoingMail.objects.create(address=address, subject=" ".join(subject.split())[:255], body=body)
        start(System(), SEND_MAIL, mail=mail.pk)
