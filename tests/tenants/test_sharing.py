"""Sharing: another account sees and uses a single thing, changes nothing, and loses it at once."""

from __future__ import annotations

from typing import Any

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from compute.models import Instance, SSHKey, SSHKeyShare
from compute.selectors import ssh_keys
from compute.services.instances import deploy_instance
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from network.models import Network, NetworkShare, Port
from network.selectors import networks
from network.services.networks import delete_network
from storage.models import Template, TemplateShare
from storage.selectors import templates
from storage.services.templates import delete_template
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, User, share_tables
from tenants.services import shares as services
from tenants.services.accounts import delete_account, lock_account
from tenants.services.domains import suspend_domain
from tenants.services.grants import grant_role, revoke_grant
from tenants.services.shares import leave, share, unshare
from tenants.services.tags import change_tags
from tenants.sharing import OwnerInactive
from tenants.standing import AccountLocked
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.factories import Cloud

pytestmark = pytest.mark.django_db
SEES = {Template: templates, Network: networks, SSHKey: ssh_keys}


def home_of(actor: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=actor.account_id)


def key_of(actor: Actor, name: str = "k") -> SSHKey:
    return create_ssh_key(actor, account=home_of(actor), name=name, public_key=PUBLIC_KEY)


def thing_of(kind: str, actor: Actor, cloud: Cloud) -> Any:
    if kind == "key":
        return key_of(actor)
    if kind == "network":
        return factories.network(actor, cloud.zone)
    return factories.template(cloud.zone, home_of(actor), is_public=False)


def sees(actor: Actor, thing: Any) -> bool:
    return SEES[type(thing)](actor).filter(pk=thing.pk).exists()


def seen(actor: Actor, thing: Any) -> Any:
    """The thing as a door finds it for the actor."""
    return SEES[type(thing)](actor).get(pk=thing.pk)


def deploy(actor: Actor, cloud: Cloud, **choices: Any) -> Any:
    options = {"template": cloud.template, "networks": [], "ssh_keys": ()} | choices
    if not options["networks"]:
        found = Network.objects.filter(account=actor.account_id).first()
        options["networks"] = [found or factories.network(actor, cloud.zone)]
    return deploy_instance(
        actor, account=home_of(actor), zone=cloud.zone, name=factories.unique("vm"), offering=cloud.offering, **options
    )


KINDS = pytest.mark.parametrize("kind", ["template", "network", "key"])


@KINDS
def test_a_share_shows_one_thing_to_one_account(kind: str, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    thing, other = thing_of(kind, tenant, cloud), factories.member()

    share(tenant, thing=thing, account=home_of(other_tenant))

    assert (sees(tenant, thing), sees(other_tenant, thing), sees(other, thing)) == (True, True, False)
    unshare(tenant, thing=thing, account=home_of(other_tenant))
    assert not sees(other_tenant, thing)
    assert sees(tenant, thing)


@KINDS
def test_it_lets_nothing_be_changed(kind: str, tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    thing = thing_of(kind, tenant, cloud)
    third = home_of(factories.member())
    delete = {
        "template": lambda actor, it: delete_template(actor, template=it),
        "network": lambda actor, it: delete_network(actor, network=it),
        "key": lambda actor, it: delete_ssh_key(actor, ssh_key=it),
    }[kind]
    attempts = [
        lambda actor, it: delete(actor, it),
        lambda actor, it: change_tags(actor, thing=it, set={"a": "b"}),
        lambda actor, it: share(actor, thing=it, account=third),
        lambda actor, it: unshare(actor, thing=it, account=home_of(other_tenant)),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt(other_tenant, thing)

    share(tenant, thing=thing, account=home_of(other_tenant))

    for attempt in attempts:
        with pytest.raises(PermissionDenied, match="shared by account"):
            attempt(other_tenant, seen(other_tenant, thing))
    assert type(thing).objects.get(pk=thing.pk).tags == {}


def test_who_may_share_is_who_may_change(tenant: Actor, other_tenant: Actor) -> None:
    key, receiver = key_of(tenant), home_of(other_tenant)
    reader = actor_of(factories.user("reader", of=home_of(tenant)))

    with pytest.raises(PermissionDenied):
        share(reader, thing=key, account=receiver)
    lock_account(SYSTEM, account=home_of(tenant))
    with pytest.raises(AccountLocked):
        share(tenant, thing=SSHKey.objects.get(pk=key.pk), account=receiver)
    assert SSHKeyShare.objects.count() == 0


def test_a_locked_account_can_still_take_back(tenant: Actor, other_tenant: Actor) -> None:
    key, receiver = key_of(tenant), home_of(other_tenant)
    share(tenant, thing=key, account=receiver)
    lock_account(SYSTEM, account=home_of(tenant))

    unshare(tenant, thing=SSHKey.objects.select_related("account__domain").get(pk=key.pk), account=receiver)

    assert not sees(other_tenant, key)


def test_shares_that_make_no_sense(tenant: Actor, other_tenant: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    key, receiver = key_of(tenant), home_of(other_tenant)
    with pytest.raises(InvalidInput, match="own") as own:
        share(tenant, thing=key, account=home_of(tenant))
    assert list(own.value.errors) == ["account"]
    with pytest.raises(InvalidInput, match="not shared"):
        unshare(tenant, thing=key, account=receiver)
    share(tenant, thing=key, account=receiver)
    events = Event.objects.count()
    share(tenant, thing=key, account=receiver)
    assert (SSHKeyShare.objects.count(), Event.objects.count()) == (1, events), "again changes nothing"
    monkeypatch.setattr(services, "MOST_ACCOUNTS", 1)
    with pytest.raises(Conflict, match="most"):
        share(tenant, thing=key, account=home_of(factories.member()))
    Account.objects.filter(pk=receiver.pk).update(state="Removing")
    with pytest.raises(InvalidInput, match="being removed"):
        share(tenant, thing=key_of(tenant, "k2"), account=receiver)


def test_either_side_reads_it_in_its_trail_and_learns_nobodys_name(tenant: Actor, other_tenant: Actor) -> None:
    key = key_of(tenant)
    owner, receiver = home_of(tenant), home_of(other_tenant)

    share(tenant, thing=key, account=receiver)
    leave(other_tenant, thing=key, account=receiver)

    trail = {
        (event.action, event.account_id): event
        for event in Event.objects.filter(resource_uuid=key.uuid, action__endswith="e_ssh_key").exclude(
            action="compute.create_ssh_key"
        )
    }
    shared, told = trail["compute.share_ssh_key", owner.pk], trail["compute.share_ssh_key", receiver.pk]
    assert (shared.actor_name, shared.message) == (tenant.name, f"SSH key k shared with account {receiver}.")
    assert (told.actor_name, told.actor_id) == (f"account {owner}", None)
    assert told.message == f"SSH key k shared with you by account {owner}."
    left, heard = trail["compute.leave_ssh_key", receiver.pk], trail["compute.leave_ssh_key", owner.pk]
    assert left.actor_name == other_tenant.name
    assert (heard.actor_name, heard.message) == (
        f"account {receiver}",
        f"Account {receiver} gave up SSH key k.",
    )


def test_leaving_takes_the_right_to_manage_there(tenant: Actor, other_tenant: Actor) -> None:
    key, receiver = key_of(tenant), home_of(other_tenant)
    share(tenant, thing=key, account=receiver)
    reader = actor_of(factories.user("reader", of=receiver))

    with pytest.raises(PermissionDenied):
        leave(reader, thing=key, account=receiver)
    with pytest.raises(NotFound):
        leave(tenant, thing=key, account=receiver)
    leave(other_tenant, thing=key, account=receiver)
    with pytest.raises(InvalidInput, match="not shared"):
        leave(other_tenant, thing=key, account=receiver)
    assert not sees(other_tenant, key)


def test_an_instance_is_made_of_what_is_shared(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    things = {kind: thing_of(kind, tenant, cloud) for kind in ("template", "network", "key")}
    choices = {"template": things["template"], "networks": [things["network"]], "ssh_keys": [things["key"]]}
    with pytest.raises(InvalidInput) as refusal:
        deploy(other_tenant, cloud, **choices)
    assert sorted(refusal.value.errors) == ["networks", "ssh_keys", "template"]
    for thing in things.values():
        share(tenant, thing=thing, account=home_of(other_tenant))

    deploy(other_tenant, cloud, **choices)
    run_jobs()

    instance = Instance.objects.get()
    assert (instance.account_id, instance.state) == (other_tenant.account_id, "Running")
    port = Port.objects.get(nic__instance=instance)
    assert (port.network, list(instance.ssh_keys.all())) == (things["network"], [things["key"]])
    with pytest.raises(Conflict, match="1 instance"):
        delete_network(tenant, network=things["network"])
    for thing in things.values():
        unshare(tenant, thing=thing, account=home_of(other_tenant))
    with pytest.raises(InvalidInput):
        deploy(other_tenant, cloud, **choices)
    instance.refresh_from_db()
    assert instance.state == "Running"
    assert Port.objects.filter(nic__instance=instance).exists()


def test_a_share_is_for_the_account_that_it_names(tenant: Actor, cloud: Cloud) -> None:
    """Somebody with two accounts does not carry what one was given into the other."""
    network = factories.network(tenant, cloud.zone)
    person = factories.user("member")
    second = factories.account()
    grant_role(SYSTEM, user=person, role="member", on=second)
    share(tenant, thing=network, account=second)
    actor = actor_of(person)
    assert sees(actor, network)

    with pytest.raises(InvalidInput, match="not shared"):
        deploy(actor, cloud, networks=[seen(actor, network)])


@pytest.mark.parametrize("state", ["Disabled", "Removing", "suspended domain"])
def test_nothing_new_is_begun_with_what_a_disabled_account_shares(
    state: str, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    network = factories.network(tenant, cloud.zone)
    share(tenant, thing=network, account=home_of(other_tenant))
    if state == "suspended domain":
        suspend_domain(SYSTEM, domain=home_of(tenant).domain)
    else:
        Account.objects.filter(pk=tenant.account_id).update(state=state)

    with pytest.raises(OwnerInactive) as refusal:
        deploy(other_tenant, cloud, networks=[seen(other_tenant, network)])

    assert refusal.value.code == "owner-disabled"
    assert not Instance.objects.exists()


def test_a_locked_owner_changes_nothing_for_others(tenant: Actor, other_tenant: Actor, cloud: Cloud) -> None:
    network = factories.network(tenant, cloud.zone)
    share(tenant, thing=network, account=home_of(other_tenant))
    lock_account(SYSTEM, account=home_of(tenant))

    deploy(other_tenant, cloud, networks=[seen(other_tenant, network)])

    assert Instance.objects.get().account_id == other_tenant.account_id


@KINDS
def test_shares_end_with_their_thing(
    kind: str, tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    thing = thing_of(kind, tenant, cloud)
    share(tenant, thing=thing, account=home_of(other_tenant))

    if kind == "template":
        delete_template(tenant, template=thing)
    elif kind == "network":
        delete_network(tenant, network=thing)
    else:
        delete_ssh_key(tenant, ssh_key=thing)
    run_jobs()

    assert not sees(other_tenant, thing)
    assert (TemplateShare.objects.count(), NetworkShare.objects.count(), SSHKeyShare.objects.count()) == (0, 0, 0)
    with pytest.raises(NotFound):
        share(SYSTEM, thing=thing, account=home_of(other_tenant))


def test_an_account_that_is_removed_gives_back_and_takes_along(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    given, taken = key_of(tenant), key_of(other_tenant)
    share(tenant, thing=given, account=home_of(other_tenant))
    share(other_tenant, thing=taken, account=home_of(tenant))
    gone = home_of(other_tenant)

    delete_account(SYSTEM, account=gone, confirm=gone.name)
    run_jobs()

    assert Account.objects.get(pk=gone.pk).removed_at is not None
    assert all(not table.objects.exists() for table in share_tables())
    told = Event.objects.get(action="compute.unshare_ssh_key", account_id=tenant.account_id)
    assert (told.actor_name, "was deleted" in told.message) == (f"account {gone}", True)


def test_an_account_goes_when_nobody_else_is_on_its_networks(
    tenant: Actor, other_tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    network = factories.network(tenant, cloud.zone)
    share(tenant, thing=network, account=home_of(other_tenant))
    factories.instance(other_tenant, cloud, on=network)
    home = home_of(tenant)

    job = delete_account(SYSTEM, account=home, confirm=home.name)
    run_jobs()

    job.refresh_from_db()
    assert job.state == "failed"
    assert f"On network {network} is still 1 instance of other accounts" in job.error.replace("there ", "")
    network.refresh_from_db()
    assert (network.state, Instance.objects.get().state) == ("Implemented", "Running")


def test_a_role_gives_and_takes_what_is_shared_with_its_account(tenant: Actor, other_tenant: Actor) -> None:
    key = key_of(tenant)
    share(tenant, thing=key, account=home_of(other_tenant))
    person = User.objects.get(pk=factories.member().user_id)
    assert not sees(actor_of(person), key)

    grant = grant_role(SYSTEM, user=person, role="reader", on=home_of(other_tenant).domain)
    assert sees(actor_of(person), key)
    revoke_grant(SYSTEM, grant=grant)

    assert not sees(actor_of(person), key)
