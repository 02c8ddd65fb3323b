"""What users are told, and how they want to be told."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core.models import Event, Noun
from tenants.models.user import User


class Notification(Noun):
    """One user was told something. `key` names what it comes from: it is told once, whoever tells it and how often.

    `url` is the path of a page, which asks for the reader's rights when it is opened. Those that went by mail alone
    are kept too, so that nothing is mailed twice; `on_page` says which the pages show.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=48)
    level = models.CharField(max_length=8, choices=Event.Level.choices, default=Event.Level.INFO)
    message = models.TextField()
    url = models.CharField(max_length=255, blank=True)
    key = models.CharField(max_length=128)
    on_page = models.BooleanField(default=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notification_told_once")]
        indexes = [
            models.Index(fields=["user", "-id"], condition=Q(on_page=True), name="notification_of_user"),
            models.Index(fields=["user"], condition=Q(on_page=True, read_at=None), name="notification_unread"),
            models.Index(
                fields=["created_at"], condition=Q(read_at__isnull=False) | Q(on_page=False), name="notification_old"
            ),
        ]

    def __str__(self) -> str:
        return self.message[:255]


class NotificationPreference(models.Model):
    """How a user wants to be told of one kind; without a row it is as the kind says."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=48)
    page = models.BooleanField()
    mail = models.BooleanField()

    class Meta:
        ordering = ("kind",)
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notification_preference_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class MailBrake(models.Model):
    """When a user was last sent a mail of a kind about a thing: another waits for an hour to pass."""

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=48)
    about = models.CharField(max_length=160)
    mailed_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["user", "kind", "about"], name="mail_brake_once")]
        indexes = [models.Index(fields=["mailed_at"], name="mail_brake_at")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind} {self.about}"
