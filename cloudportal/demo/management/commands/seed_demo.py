"""`manage.py seed_demo`: the demonstration cloud, through the services."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from cloudportal.demo.catalogue import ensure_network, ensure_offerings, ensure_template
from cloudportal.demo.people import ensure_account, ensure_domain, ensure_login
from cloudportal.demo.zones import ensure_zone, lab_plan, simulated_plan


class Command(BaseCommand):
    help = "Fill the demonstration cloud; what is there already is kept. Writes demo.json into the state directory."

    def add_arguments(self, parser: CommandParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--lab-base", type=Path, help="the lab that carries the zone")
        where.add_argument("--simulated", action="store_true", help="a zone that exists in a file")
        default = settings.STATE_DIR / "cache" / "guest.qcow2"
        parser.add_argument("--image", type=Path, default=default, help="the guest image for a zone in the lab")

    def handle(self, *_args: Any, **options: Any) -> None:
        state_dir = Path(settings.STATE_DIR)
        state_dir.mkdir(parents=True, exist_ok=True)
        file = state_dir / "demo.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        simulated = options["simulated"]
        plan = simulated_plan(state_dir) if simulated else lab_plan(options["lab_base"], state_dir)
        facts = self._fill(plan, known, None if simulated else options["image"])
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
            json.dump({"url": known.get("url", "")} | facts, target, indent=2)

    def _fill(self, plan: Any, known: dict[str, Any], image: Path | None) -> dict[str, Any]:
        root = ensure_domain("ROOT", None)
        operators = ensure_account(root, "operators")
        acme = ensure_account(ensure_domain("Acme", root), "acme")
        globex = ensure_account(ensure_domain("Globex", root), "globex")
        people = {
            "operator": ensure_login(operators, "admin", "root_admin", root, known.get("operator", {})),
            "tenant": ensure_login(acme, "alice", "member", acme, known.get("tenant", {})),
            "other_tenant": ensure_login(globex, "bob", "member", globex, known.get("other_tenant", {})),
        }
        zone = ensure_zone(plan)
        return {name: login.as_json() for name, login in people.items()} | {
            "zone": str(zone.uuid),
            "offering": str(ensure_offerings().uuid),
            "template": str(ensure_template(operators, zone, image).uuid),
            "network": str(ensure_network(acme, zone, "default" if image else "simulated").uuid),
        }
