"""`manage.py bench_part`: what a measurement needs done inside Django."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.module_loading import import_string

from cloudportal.bench.parts import PARTS


class Command(BaseCommand):
    help = "One part of a benchmark, on the database of the environment; the benchmark starts it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("part", choices=sorted(PARTS))
        parser.add_argument("options", type=json.loads)
        parser.add_argument("answer", type=Path, help="the file that takes the answer, as JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        answer = import_string(PARTS[options["part"]])(**options["options"])
        options["answer"].write_text(json.dumps(answer, default=str))
