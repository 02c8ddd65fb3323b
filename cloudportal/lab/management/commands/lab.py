"""`manage.py lab up|status|down`."""

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cloudportal.lab.commands import add_arguments, execute
from cloudportal.lab.shell import LabError


class Command(BaseCommand):
    help = "A whole cloud on one machine: OVN central and KVM hosts in private namespaces."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = execute(argparse.Namespace(**options), self.stdout.write)
        except LabError as error:
            raise CommandError(str(error)) from error
        if code:
            sys.exit(code)
