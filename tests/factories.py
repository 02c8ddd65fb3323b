"""Things that tests begin with, made through the services as everybody makes them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.test import Client

from cloudportal.core.alerts import raise_alert, subject_of
from cloudportal.core.models import Alert
from cloudportal.infrastructure.alerts import HOST_DISCONNECTED
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.infrastructure.models import Cluster, Host, Zone
from cloudportal.infrastructure.services.clusters import create_cluster
from cloudportal.infrastructure.services.zones import create_pod, create_zone
from cloudportal.jobs.inline import run_until_over
from cloudportal.jobs.models import Job
from compute.models import Instance, ServiceOffering
from compute.services.hosts import add_host
from compute.services.instances import deploy_instance
from compute.services.offerings import create_offering
from network.models import Network
from network.services.networks import create_network
from network.services.public_addresses import add_public_range
from storage.models import SecondaryStore, StoragePool, Template
from storage.services.disk_offerings import create_disk_offering
from storage.services.pools import create_pool
from storage.services.stores import create_store
from storage.services.templates import upload_template
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, IdentityProvider, Notification, User
from tenants.notifying import notify
from tenants.notifying.kinds import ROLE
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.users import create_user

_numbers = itertools.count(1)
PASSWORD = "correct-horse-battery"
MIB, GIB = 2**20, 2**30


def unique(word: str) -> str:
    return f"{word}-{next(_numbers)}"


def root() -> Domain:
    return Domain.objects.filter(parent=None).first() or create_domain(SYSTEM, name="ROOT")


def account(name: str = "") -> Account:
    domain = create_domain(SYSTEM, name=unique(name or "domain"), parent=root())
    return create_account(SYSTEM, domain=domain, name=unique(name or "account"))


def user(role: str = "member", of: Account | None = None, on: Account | Domain | None = None) -> User:
    """A user with a role on their account, or on what is given."""
    home = of or account()
    person = create_user(SYSTEM, account=home, username=unique("user"), password=PASSWORD)
    grant_role(SYSTEM, user=person, role=role, on=on or home)
    return person


def member(of: Account | None = None) -> Actor:
    return actor_of(user("member", of))


def session(person: User) -> UserSession:
    """A browser that the user is signed in with."""
    client = Client(headers={"user-agent": "Sesame/1"})
    client.force_login(person)
    client.get("/profile/sessions/")
    return UserSession.objects.get(user=person, session_key=client.session.session_key)


def security_key(person: User, name: str = "sesame-key-1") -> Authenticator:
    """A row of a security key, which opens nothing."""
    return Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": name})


def identity_provider(domain: Domain, name: str = "sesame-provider") -> IdentityProvider:
    """One that nobody asks anything: its address is of those for documents, where nobody is."""
    return IdentityProvider.objects.create(
        domain=domain, name=name, issuer="https://203.0.113.9", client_id=unique("client"), client_secret="secret"
    )


def alert(host: Host, message: str = "Host sesame is silent.") -> Alert:
    """An alert about a host that is open."""
    raise_alert(HOST_DISCONNECTED, subject_of(host), message)
    return Alert.objects.get(resource_uuid=host.uuid, state="Open")


def notification(person: User, message: str = "sesame-told-this") -> Notification:
    """Something that the user was told, and has not read."""
    notify(users=[person], kind=ROLE, message=message, url="/profile/")
    return Notification.objects.filter(user=person, message=message).latest("id")


def raw_image(size_bytes: int = 8 * MIB) -> BytesIO:
    """The smallest thing that counts as a raw disk image."""
    image = bytearray(size_bytes)
    image[510:512] = b"\x55\xaa"
    return BytesIO(bytes(image))


@dataclass(frozen=True, slots=True)
class Cloud:
    """A zone with everything that an instance needs."""

    world: World
    zone: Zone
    cluster: Cluster
    pool: StoragePool
    store: SecondaryStore
    offering: ServiceOffering
    template: Template

    def hosts(self) -> list[Host]:
        return list(Host.objects.filter(zone=self.zone).order_by("name"))


def cloud(world: World, directory: Path, hosts: int = 2, cpus: int = 8, memory_mib: int = 16_384) -> Cloud:
    """A simulated zone."""
    name = unique("zone")
    zone = create_zone(
        SYSTEM, name=name, network_url=world.url(), public_cidr="203.0.113.0/24", public_gateway="203.0.113.1",
        dns_servers=["9.9.9.9"],
    )  # fmt: skip
    price = Decimal("0.004")
    add_public_range(SYSTEM, zone=zone, first="203.0.113.10", last="203.0.113.200", price_per_hour=price)
    pod = create_pod(SYSTEM, zone=zone, name="pod")
    cluster = create_cluster(SYSTEM, pod=pod, name="cluster", hypervisor="simulator")
    for number in range(1, hosts + 1):
        host = f"{name}-host-{number}"
        world.add_host(host, cpus=cpus, memory_mib=memory_mib)
        add_host(SYSTEM, cluster=cluster, name=host, url=world.url(host))
    pool = create_pool(SYSTEM, cluster=cluster, name="pool", url=world.url(), path=f"/pools/{name}")
    store_path = directory / name
    store_path.mkdir(parents=True)
    store = create_store(SYSTEM, zone=zone, name="store", path=str(store_path))
    disk = create_disk_offering(SYSTEM, name=unique("disk"), price_per_gib_hour=Decimal("0.0001"))
    offering = create_offering(
        SYSTEM, name=unique("offering"), cpus=1, memory_mib=512, root_disk=disk, price_per_hour=Decimal("0.01")
    )
    return Cloud(world, zone, cluster, pool, store, offering, template(zone))


def template(zone: Zone, owner: Account | None = None, *, is_public: bool = True) -> Template:
    """A template that is ready."""
    job = upload_template(
        SYSTEM, account=owner or account(), zone=zone, name=unique("template"), file=raw_image(), format="raw",
        is_public=is_public,
    )  # fmt: skip
    return finished(job).resource


def network(actor: Actor, zone: Zone, cidr: str = "10.1.0.0/24", name: str = "") -> Network:
    """A network of the actor's account that is implemented."""
    owner = Account.objects.get(pk=actor.account_id)
    return finished(create_network(actor, account=owner, zone=zone, name=name or unique("net"), cidr=cidr)).resource


def deployment(actor: Actor, cloud: Cloud, on: Network | None = None, name: str = "", **more: object) -> Job:
    """An instance on its way."""
    owner = Account.objects.get(pk=actor.account_id)
    net = (
        on
        or Network.objects.filter(account=owner, zone=cloud.zone, removed_at=None).first()
        or network(actor, cloud.zone)
    )
    fields = {"template": cloud.template, "offering": cloud.offering} | more
    return deploy_instance(actor, account=owner, zone=cloud.zone, name=name or unique("vm"), networks=[net], **fields)


def instance(actor: Actor, cloud: Cloud, **more: object) -> Instance:
    """An instance that runs."""
    return finished(deployment(actor, cloud, **more)).resource


def finished(job: Job) -> Job:
    run_until_over(job, hurry=True)
    assert job.state == "succeeded", f"{job.title}: {job.error}"
    return job
