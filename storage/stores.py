"""Asking secondary storage how full it is."""

from __future__ import annotations

import shutil

from storage.models import SecondaryStore


def measure_store(store: SecondaryStore) -> None:
    """Write down what the file system says.

    Raises:
        OSError: it is not there on this machine.
    """
    usage = shutil.disk_usage(store.path)
    SecondaryStore.objects.filter(pk=store.pk).update(total_bytes=usage.total, available_bytes=usage.free)
