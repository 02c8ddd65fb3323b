"""Asking a pool how full it is."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now

from cloudportal.core.driver_errors import DriverError
from storage.engines import backend_of
from storage.models import StoragePool


def measure_pool(pool: StoragePool) -> None:
    """Write down what the device says, and what may be promised of it.

    Raises:
        DriverError: the pool did not answer; the row says so then.
    """
    rows = StoragePool.objects.filter(pk=pool.pk)
    try:
        capacity = backend_of(pool).capacity()
    except DriverError as error:
        rows.update(last_error=str(error), checked_at=Now())
        raise
    promised = int(capacity.total_bytes * pool.overprovisioning)
    seen = {"total_bytes": capacity.total_bytes, "available_bytes": capacity.available_bytes, "checked_at": Now()}
    try:
        with transaction.atomic():
            rows.update(capacity_bytes=promised, last_error="", **seen)
    except IntegrityError:
        # The device shrank below what is promised: nothing more fits, and the operator must hear why.
        words = "The device is smaller than what has been promised of it."
        rows.update(capacity_bytes=F("allocated_bytes"), last_error=words, **seen)
