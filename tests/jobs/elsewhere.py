"""A portal on another database, looked at and given work through processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

_DEPLOY = """
import json, pathlib
from django.conf import settings
from cloudportal.infrastructure.models import Zone
from compute.models import ServiceOffering
from compute.services.instances import deploy_instance
from network.models import Network
from storage.models import Template
from tenants.actor import SYSTEM
from tenants.models import Account
facts = json.loads((settings.STATE_DIR / "demo.json").read_text())
one = lambda model, key: model.objects.get(uuid=facts[key])
for number in range({count}):
    deploy_instance(
        SYSTEM, account=Account.objects.get(name="acme"), zone=one(Zone, "zone"), name=f"vm-{{number}}",
        offering=one(ServiceOffering, "offering"), template=one(Template, "template"),
        networks=[one(Network, "network")],
    )
print(json.dumps(None))
"""
_COUNT = """
import json
from cloudportal.jobs.models import Job
print(json.dumps(Job.objects.filter(kind="compute.deploy_instance", state__in={states!r}).count()))
"""
_WRONG = """
import json
from compute.workflows.reconcile import wrong_counters
print(json.dumps(wrong_counters()))
"""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """`url` is the database, `state` the portal's directory."""

    url: str
    state: Path

    def manage(self, *arguments: str) -> str:
        """Run a command of manage.py and return what it prints."""
        own = {
            "DATABASE_URL": self.url,
            "CLOUDPORTAL_STATE_DIR": str(self.state),
            "DJANGO_SETTINGS_MODULE": "cloudportal.settings",
        }
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=os.environ | own, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ask(self, code: str) -> Any:
        return json.loads(self.manage("shell", "--verbosity", "0", "--command", code).splitlines()[-1])

    def deploy(self, count: int) -> None:
        self.ask(_DEPLOY.format(count=count))

    def count(self, *states: str) -> int:
        """How many deployments are in one of the states; none while the database is away."""
        try:
            return int(self.ask(_COUNT.format(states=list(states))))
        except AssertionError:
            return 0

    def wrong_counters(self) -> list[Any]:
        return list(self.ask(_WRONG))
