"""A django-q2 cluster that ends when its supervisor does."""

from __future__ import annotations

import ctypes
import os
import signal

import django
from django.core.management import call_command

PR_SET_PDEATHSIG = 1
SUPERVISOR_VARIABLE = "JOB_SUPERVISOR"


def main() -> None:
    """Run workers until SIGTERM, or until the process that started us is gone, however it went."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(os.environ[SUPERVISOR_VARIABLE]):
        # It was gone before we could ask to be told.
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudportal.settings")
    django.setup()
    call_command("qcluster")


if __name__ == "__main__":
    main()
