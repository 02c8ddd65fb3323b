"""What belongs to an instance: compute knows volumes and ports, and they know nothing of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from compute.models.instance import Instance
from network.models import Network, Port
from storage.models import Volume


class VolumeAttachment(models.Model):
    """A volume is attached to one instance at most."""

    instance = models.ForeignKey(Instance, models.CASCADE, related_name="attachments")
    volume = models.OneToOneField(Volume, models.CASCADE, related_name="attachment")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = [models.UniqueConstraint(fields=["instance", "position"], name="attachment_position_once")]

    def __str__(self) -> str:
        return f"{self.volume} of {self.instance}"


class Nic(models.Model):
    """A network card. Its port is null once the instance gave its address back."""

    instance = models.ForeignKey(Instance, models.CASCADE, related_name="nics")
    network = models.ForeignKey(Network, models.PROTECT, related_name="nics")
    port = models.OneToOneField(Port, models.SET_NULL, null=True, related_name="nic")
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=["instance", "position"], name="nic_position_once"),
            models.UniqueConstraint(fields=["instance"], condition=Q(position=0), name="nic_one_default"),
        ]

    def __str__(self) -> str:
        return f"{self.instance} on {self.network}"
