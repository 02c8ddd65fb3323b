"""Instances: virtual machines."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from cloudportal.core.lifecycle import StateField, state_is_known
from cloudportal.core.secrets import EncryptedTextField
from cloudportal.infrastructure.models import Host, Zone
from compute.models.offering import ServiceOffering
from compute.models.ssh_key import SSHKey
from compute.states import INSTANCE
from storage.models import Template
from tenants.models import CountedUntilGivenUp, TenantResource, removed_is_not_counted, tags_are_good, tags_index


class Instance(CountedUntilGivenUp, TenantResource):
    """A virtual machine.

    `host` is where its CPUs and memory are reserved, null while it holds none; `last_host` is where it ran
    last, where its definition still is. `user_data` may hold secrets and is encrypted.
    """

    lifecycle = INSTANCE
    counts = {"instances": 1, "cpus": "offering__cpus", "memory_mib": "offering__memory_mib"}
    hidden_from_trail = ("host", "last_host")

    zone = models.ForeignKey(Zone, models.PROTECT, related_name="instances")
    offering = models.ForeignKey(ServiceOffering, models.PROTECT, related_name="instances")
    template = models.ForeignKey(Template, models.PROTECT, related_name="instances")
    host = models.ForeignKey(Host, models.PROTECT, null=True, related_name="instances")
    last_host = models.ForeignKey(Host, models.PROTECT, null=True, related_name="+")
    ssh_keys = models.ManyToManyField(SSHKey, related_name="instances")
    user_data = EncryptedTextField(blank=True)
    state = StateField(INSTANCE)
    power_state = models.CharField(max_length=8, blank=True)
    error = models.TextField(blank=True)
    destroyed_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            tags_are_good("instance_tags_are_good"),
            state_is_known(INSTANCE, "instance_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["Running"]) | Q(host__isnull=False), name="instance_running_has_host"
            ),
            models.CheckConstraint(condition=Q(removed_at=None) | Q(host=None), name="instance_removed_holds_no_host"),
            removed_is_not_counted("instance_removed_is_not_counted"),
            models.UniqueConstraint(
                fields=["account", "name"],
                condition=Q(removed_at=None),
                name="instance_name_once_per_account",
                violation_error_message="Another instance of this account has that name.",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], condition=Q(removed_at=None), name="instance_of_account"),
            models.Index(fields=["account", "state", "-id"], condition=Q(removed_at=None), name="instance_by_state"),
            models.Index(fields=["destroyed_at"], condition=Q(state="Destroyed"), name="instance_in_recycle_bin"),
            models.Index(fields=["name", "id"], condition=Q(removed_at=None), name="instance_by_name"),
            models.Index(fields=["state", "id"], condition=Q(removed_at=None), name="instance_by_state_of_all"),
            BrinIndex(fields=["created_at"], autosummarize=True, name="instance_created"),
            tags_index("instance_tags"),
        ]
