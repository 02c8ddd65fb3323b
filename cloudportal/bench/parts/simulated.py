"""A simulated zone without latencies, and tenants who may use it."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from cloudportal.demo.catalogue import ensure_offerings, ensure_template
from cloudportal.demo.people import ensure_account, ensure_domain
from cloudportal.demo.zones import Plan, ensure_zone
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.infrastructure.models import Cluster, Host, Zone
from cloudportal.jobs.inline import run_until_over
from compute.models import ServiceOffering
from network.services.networks import create_network
from storage.models import Template
from tenants.actor import SYSTEM
from tenants.models import Account
from tenants.resources import BY_NAME, UNLIMITED
from tenants.services.api_keys import create_api_key
from tenants.services.grants import grant_role
from tenants.services.limits import set_account_limits
from tenants.services.users import create_user

HOSTS = 20


def simulated_zone(hosts: int = HOSTS) -> tuple[Zone, ServiceOffering, Template]:
    """A zone with an offering and a template that fit it."""
    world = World(settings.STATE_DIR / f"world-{settings.DATABASES['default']['NAME']}.sqlite3")
    names = world.add_hosts(hosts, cpus=64, memory_mib=524_288)
    plan = Plan(
        zone="Bench", hypervisor=Cluster.Hypervisor.SIMULATOR, network_url=world.url(),
        public_cidr="203.0.113.0/24", public_gateway="203.0.113.1", public_mapping="public",
        hosts=tuple((name, world.url(name)) for name in names), datapath=Host.Datapath.KERNEL,
        pool_url=world.url(), pool_path="/pools", store_path=settings.STATE_DIR / "secondary",
    )  # fmt: skip
    zone = ensure_zone(plan)
    owner = ensure_account(ensure_domain("ROOT", None), "operators")
    return zone, ensure_offerings(), ensure_template(owner, zone, None)


def new_tenant(name: str) -> tuple[Account, str]:
    """An account without limits and with one member, and the text of the member's key."""
    account = ensure_account(ensure_domain(name, ensure_domain("ROOT", None)), name)
    set_account_limits(SYSTEM, account=account, limits=dict.fromkeys(BY_NAME, UNLIMITED))
    user = create_user(SYSTEM, account=account, username=name, password=f"{name}-correct-horse")
    grant_role(SYSTEM, user=user, role="member", on=account)
    return account, create_api_key(SYSTEM, user=user, name="bench")[1]


def seed_simulated(*, tenants: int) -> dict[str, Any]:
    """Each tenant has a network of its own with room for thousands."""
    zone, offering, template = simulated_zone()
    found = []
    for number in range(tenants):
        account, key = new_tenant(f"tenant-{number}")
        job = create_network(SYSTEM, account=account, zone=zone, name="default", cidr=f"10.{number + 1}.0.0/16")
        found.append({"key": key, "network": run_until_over(job).resource.uuid})
    return {"zone": zone.uuid, "offering": offering.uuid, "template": template.uuid, "tenants": found}
