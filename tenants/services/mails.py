"""Mail to people. It leaves by a job, so that a slow mail server holds nobody up and tells nobody anything."""

from __future__ import annotations

from tenants.workflows.send_mail import put_into_the_post


def send_mail(*, address: str, subject: str, body: str) -> None:
    """Have a text sent once the caller's transaction is there. Line breaks in the subject are gone."""
    put_into_the_post(address=address, subject=subject, body=body)
