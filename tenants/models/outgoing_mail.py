"""Mail that waits to be handed to the mail server."""

from __future__ import annotations

from django.db import models

from cloudportal.core.models import Noun
from cloudportal.core.secrets import EncryptedTextField


class OutgoingMail(Noun):
    """One message to one address. It is deleted when it is sent, or given up; its text may hold a link that opens."""

    address = models.EmailField()
    subject = models.CharField(max_length=255)
    body = EncryptedTextField()

    def __str__(self) -> str:
        return self.subject
