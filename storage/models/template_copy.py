"""Templates in primary storage."""

from __future__ import annotations

import uuid

from django.db import models

from cloudportal.core.lifecycle import StateField, state_is_known
from storage.models.pool import StoragePool
from storage.models.template import Template
from storage.states import TEMPLATE_COPY


class TemplateCopy(models.Model):
    """A template's copy in one pool, from which volumes there are cloned."""

    lifecycle = TEMPLATE_COPY

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    template = models.ForeignKey(Template, models.PROTECT, related_name="copies")
    pool = models.ForeignKey(StoragePool, models.PROTECT, related_name="template_copies")
    state = StateField(TEMPLATE_COPY)

    class Meta:
        constraints = [
            state_is_known(TEMPLATE_COPY, "template_copy_state_known"),
            models.UniqueConstraint(fields=["template", "pool"], name="template_copied_once_per_pool"),
        ]

    def __str__(self) -> str:
        return f"{self.template} in {self.pool}"
