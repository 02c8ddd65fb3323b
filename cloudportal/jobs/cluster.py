"""A django-q2 cluster that ends when its supervisor does."""

from __future__ import annotations

import ctypes
import os
import signal

import django
from django.core.management import call_command

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Run workers until SIGTERM, or until the process that started us is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudportal.settings")
    django.setup()
    call_command("qcluster")


if __name__ == "__main__":
    main()
