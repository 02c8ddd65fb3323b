"""States of the hierarchy. Connection and resource state are apart: one is seen, the other is wanted."""

from __future__ import annotations

from django.db import models


class AllocationState(models.TextChoices):
    """Whether new things may be placed there."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


class ResourceState(models.TextChoices):
    """What the operator wants of a host."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    MAINTENANCE = "Maintenance"


class ConnectionState(models.TextChoices):
    """What we see of a host."""

    CONNECTING = "Connecting"
    UP = "Up"
    DISCONNECTED = "Disconnected"
