"""Row locks of storage. A template is locked before everything else."""

from __future__ import annotations

from django.db import connection

from storage.models import Template

_HOLD = "SELECT 1 FROM storage_template WHERE id = %s AND state = 'Ready' FOR KEY SHARE"


def hold_template(template: Template) -> bool:
    """Keep a template from being removed until the transaction ends; any number may. False: it is no longer Ready."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, [template.pk])
        return cursor.fetchone() is not None


def lock_template(template: Template) -> None:
    """Wait for those who hold the template, and let nobody hold it until the transaction ends."""
    Template.objects.select_for_update().get(pk=template.pk)
