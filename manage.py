#!/usr/bin/env python
"""The command line of the Django project."""

import os
import sys

from django.core.management import execute_from_command_line

from cloudportal.setup.cluster import MAIN
from cloudportal.setup.environment import django_environment
from cloudportal.setup.places import LOCAL


def adopt_checkout() -> None:
    """Let commands work in a checkout where `make run` has been. In production the environment says everything.

    The lab needs no secrets and no database, and so works before that as well.
    """
    ours = (LOCAL / "secrets.env").exists() or sys.argv[1:2] == ["lab"]
    if ours and "SECRET_KEY" not in os.environ:
        os.environ.update(django_environment(os.environ, database_url=os.environ.get("DATABASE_URL") or MAIN.url))


if __name__ == "__main__":
    adopt_checkout()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cloudportal.settings")
    execute_from_command_line(sys.argv)
