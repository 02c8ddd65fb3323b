"""Invitations into projects."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.core.models import Noun
from tenants.models.project import Project
from tenants.models.role import Role
from tenants.models.user import User
from tenants.states import INVITATION


class ProjectInvitation(Noun):
    """Somebody is asked by mail to join a project with a role. Of the link only the token's hash is kept.

    `email` is in small letters. The invitation is over at `expires_at`, whether or not anybody has written so yet.
    """

    lifecycle = INVITATION

    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.ForeignKey(Role, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    state = StateField(INVITATION, db_default=INVITATION.initial)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(db_default=Now(), editable=False)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            state_is_known(INVITATION, "invitation_state_known"),
            models.UniqueConstraint(
                fields=["project", "email"],
                condition=Q(state="Pending"),
                name="invitation_once_pending",
                violation_error_message="That address is invited already; send it again or revoke it.",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="invitation_of_address"),
            models.Index(fields=["expires_at"], condition=Q(state="Pending"), name="invitation_pending_until"),
        ]

    def __str__(self) -> str:
        return self.email
