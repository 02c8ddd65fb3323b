"""`manage.py runworker`: the supervised worker of one machine."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from cloudportal.jobs.supervisor import Supervisor


class Command(BaseCommand):
    help = "Work on jobs until stopped; replaces its processes when they stand still."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=f"{settings.NODE_NAME}-{os.getpid()}", help="what this worker is called")
        parser.add_argument("--workers", type=int, default=settings.JOB_WORKERS)

    def handle(self, *_args: Any, **options: Any) -> None:
        Supervisor(options["name"], options["workers"]).run()
