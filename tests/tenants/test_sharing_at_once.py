"""Sharing while others use, share and take back the same: whoever is first counts, and nothing is half done."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from cloudportal.core.errors import InvalidInput, NotFound
from cloudportal.core.models import Event
from cloudportal.infrastructure.drivers.simulator import World
from cloudportal.jobs.models import Job
from compute.models import Instance, SSHKey, SSHKeyShare
from compute.selectors import ssh_keys
from compute.services.instances import deploy_instance
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from network.models import Network, Port
from network.selectors import networks
from storage.selectors import templates
from tenants.actor import Actor
from tenants.models import Account
from tenants.services.shares import share, unshare
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

FIELDS = {"template": "template", "network": "networks", "key": "ssh_keys"}


def home_of(actor: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=actor.account_id)


def key_of(actor: Actor) -> SSHKey:
    return create_ssh_key(actor, account=home_of(actor), name="k", public_key=PUBLIC_KEY)


@pytest.fixture
def place(world: World, tmp_path: Path) -> Cloud:
    return factories.cloud(world, tmp_path)


@pytest.fixture
def owner() -> Actor:
    return factories.member()


@pytest.fixture
def receiver() -> Actor:
    return factories.member()


def shared_things(owner: Actor, receiver: Actor, place: Cloud) -> dict[str, Any]:
    things = {
        "template": factories.template(place.zone, home_of(owner), is_public=False),
        "network": factories.network(owner, place.zone),
        "key": key_of(owner),
    }
    for thing in things.values():
        share(owner, thing=thing, account=home_of(receiver))
    return things


def deploy(receiver: Actor, place: Cloud, name: str = "vm") -> str:
    """An instance of all that is shared; or the fields that are refused."""
    chosen = {
        "template": templates(receiver).get(is_public=False),
        "networks": [networks(receiver).get()],
        "ssh_keys": [ssh_keys(receiver).get()],
    }
    home = home_of(receiver)
    try:
        deploy_instance(receiver, account=home, zone=place.zone, name=name, offering=place.offering, **chosen)
    except InvalidInput as refusal:
        return ",".join(refusal.errors)
    return "deployed"


def elsewhere(threads: ThreadPoolExecutor, work: Any, *values: Any) -> Future[str]:
    """Start the work in a thread, with a connection of its own."""

    def run() -> str:
        try:
            return str(work(*values))
        finally:
            connection.close()

    return threads.submit(run)


def assert_it_waits(work: Future[str]) -> None:
    with pytest.raises(TimeoutError):
        work.result(1)


@pytest.mark.parametrize("kind", FIELDS)
def test_a_deploy_waits_for_who_takes_back_and_is_refused(
    kind: str, owner: Actor, receiver: Actor, place: Cloud
) -> None:
    things = shared_things(owner, receiver, place)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            unshare(owner, thing=things[kind], account=home_of(receiver))
            deploying = elsewhere(threads, deploy, receiver, place)
            assert_it_waits(deploying)
        assert deploying.result(30) == FIELDS[kind]

    assert not Instance.objects.exists()
    assert not Port.objects.exists()
    assert not Job.objects.filter(kind="compute.deploy_instance").exists()


@pytest.mark.parametrize("kind", FIELDS)
def test_who_takes_back_waits_for_a_deploy_which_goes_on(
    kind: str, owner: Actor, receiver: Actor, place: Cloud
) -> None:
    things = shared_things(owner, receiver, place)

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            assert deploy(receiver, place) == "deployed"
            ending = elsewhere(threads, lambda: unshare(owner, thing=things[kind], account=home_of(receiver)))
            assert_it_waits(ending)
        ending.result(30)

    assert Instance.objects.get().account_id == receiver.account_id
    assert not type(things[kind]).objects.get(pk=things[kind].pk).shares.exists()


def test_a_key_is_deleted_or_shared_and_never_both(owner: Actor) -> None:
    key, receivers = key_of(owner), [home_of(factories.member()) for _ in range(8)]

    def work(number: int) -> str:
        thing = SSHKey.objects.select_related("account__domain").filter(pk=key.pk).first()
        if thing is None:
            return "gone"
        try:
            if number == 4:
                delete_ssh_key(owner, ssh_key=thing)
                return "deleted"
            share(owner, thing=thing, account=receivers[number % 8])
        except NotFound:
            return "gone"
        return "shared"

    answers = at_once(work, 8)

    assert answers["deleted"] == 1
    assert answers["shared"] + answers["gone"] == 7
    assert not SSHKeyShare.objects.exists()


def test_of_many_who_share_the_same_one_does(owner: Actor, receiver: Actor) -> None:
    key, home = key_of(owner), home_of(receiver)

    def work(_number: int) -> str:
        share(owner, thing=SSHKey.objects.select_related("account__domain").get(pk=key.pk), account=home)
        return "shared"

    assert at_once(work, 12) == Counter(shared=12)
    assert SSHKeyShare.objects.count() == 1
    assert Event.objects.filter(action="compute.share_ssh_key").count() == 2, "one on either side"


def test_deploys_and_unshares_at_once_leave_no_half(owner: Actor, receiver: Actor, place: Cloud) -> None:
    things = shared_things(owner, receiver, place)

    def work(number: int) -> str:
        if number == 3:
            unshare(owner, thing=things["network"], account=home_of(receiver))
            return "ended"
        try:
            return deploy(receiver, place, f"vm-{number}")
        except Network.DoesNotExist:
            # The share had ended before it was looked for.
            return "networks"

    answers = at_once(work, 8)

    assert answers["ended"] == 1
    assert Instance.objects.count() == Port.objects.count() == answers["deployed"]
    assert answers["deployed"] + answers["networks"] == 7
