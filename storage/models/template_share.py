"""Templates that are shared with single accounts."""

from __future__ import annotations

from django.db import models

from storage.models.template import Template
from tenants.models import Share, shared_once, shares_of_account


class TemplateShare(Share):
    """A template that an account may start instances from, without owning it."""

    resource = models.ForeignKey(Template, models.CASCADE, related_name="shares", db_index=False)

    class Meta:
        constraints = [shared_once("template_share_once")]
        indexes = [shares_of_account("template_share_of_account")]
