"""Accounts and domains go with everything in them, and disabled ones stop; whoever dies meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from cloudportal.infrastructure.drivers.simulator import FaultKind
from cloudportal.jobs.models import Job
from compute.models import Instance, SSHKey
from compute.services.instances import (
    deploy_instance,
    destroy_instance,
    expunge_instance,
    start_instance,
    stop_instance,
)
from compute.services.ssh_keys import create_ssh_key, delete_ssh_key
from network.services.networks import create_network, delete_network
from storage.models import Template
from storage.services.templates import delete_template
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, ApiKey, Domain, Grant, Group, Role, User
from tenants.services.accounts import create_account, delete_account, disable_account, enable_account, lock_account
from tenants.services.api_keys import create_api_key
from tenants.services.domains import create_domain, delete_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.jobs import cancel_job
from tenants.services.roles import create_role
from tenants.standing import AccountDisabled, AccountLocked
from tenants.workflows import DELETE_ACCOUNT, DELETE_DOMAIN, STOP_ACCOUNT
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.conftest import RunJobs
from tests.crashes import crash_points, dying_at, undo_points
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees, assert_nothing_left_over
from tests.keys import user_behind


@pytest.fixture
def furnished(tenant: Actor, cloud: Cloud) -> Account:
    """An account with one of everything."""
    home = Account.objects.select_related("domain").get(pk=tenant.account_id)
    key = create_ssh_key(tenant, account=home, name="laptop", public_key=PUBLIC_KEY)
    factories.instance(tenant, cloud, ssh_keys=[key])
    factories.template(cloud.zone, home, is_public=False)
    return home


def state_of(row: Account | Domain) -> str:
    row.refresh_from_db()
    return row.state


def test_only_an_empty_account_is_deleted_without_its_name(furnished: Account) -> None:
    with pytest.raises(Conflict, match="has 1 instance, 1 network, 1 template, 1 SSH key, 1 user") as refusal:
        delete_account(SYSTEM, account=furnished)
    with pytest.raises(InvalidInput) as mistyped:
        delete_account(SYSTEM, account=furnished, confirm=furnished.name.upper())

    assert refusal.value.details["contents"]["instances"] == 1
    assert list(mistyped.value.errors) == ["confirm"]
    assert state_of(furnished) == "Enabled"


def test_an_account_goes_with_everything_in_it(
    furnished: Account, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    person = User.objects.get(pk=tenant.user_id)
    create_api_key(tenant, user=person, name="laptop")
    friend = factories.user("reader", on=furnished)

    job = delete_account(SYSTEM, account=furnished, confirm=furnished.name)
    assert actor_of(person).reach == {}, "nobody acts for it from the first moment"
    run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error) == ("succeeded", "")
    assert state_of(furnished) == "Removed"
    assert_nothing_left_over(cloud)
    assert not SSHKey.objects.filter(account=furnished).exists()
    assert not User.objects.filter(account=furnished).exists()
    assert not ApiKey.objects.exists()
    assert not Grant.objects.filter(account=furnished).exists()
    assert not actor_of(friend).may("compute.view", furnished)
    assert furnished not in selectors.accounts(SYSTEM)
    assert Event.objects.filter(action="tenants.delete_user", resource_name=tenant.name).exists()
    again = create_account(SYSTEM, domain=furnished.domain, name=furnished.name)
    assert again.pk != furnished.pk


def test_what_has_no_end_is_said_and_tried_again(furnished: Account, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("remove_instance", FaultKind.FATAL, times=1)
    job = delete_account(SYSTEM, account=furnished, confirm=furnished.name)
    run_jobs()

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error.startswith("1 could not be ended. Expunge instance")
    assert state_of(furnished) == "Disabled"
    delete_account(SYSTEM, account=furnished, confirm=furnished.name)
    run_jobs()

    assert state_of(furnished) == "Removed"
    assert_nothing_left_over(cloud)


@pytest.mark.parametrize("point", crash_points(DELETE_ACCOUNT))
def test_a_crash_anywhere_ends_in_the_same(point: str, furnished: Account, cloud: Cloud, run_jobs: RunJobs) -> None:
    with dying_at(point) as deaths:
        delete_account(SYSTEM, account=furnished, confirm=furnished.name)
        run_jobs()

    assert deaths
    assert state_of(furnished) == "Removed"
    assert_nothing_left_over(cloud)
    assert not User.objects.filter(account=furnished).exists()


@pytest.mark.parametrize(
    "point", [point for point in undo_points(DELETE_ACCOUNT) if "/undo" in point or "give" in point]
)
def test_a_crash_while_giving_up_leaves_a_disabled_account(
    point: str, furnished: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    cloud.world.inject("remove_instance", FaultKind.FATAL, times=1)
    with dying_at(point) as deaths:
        delete_account(SYSTEM, account=furnished, confirm=furnished.name)
        run_jobs()

    assert deaths
    assert state_of(furnished) == "Disabled"
    assert User.objects.filter(account=furnished).exists()


def test_removing_is_decided_on_the_domain(furnished: Account) -> None:
    owner = actor_of(factories.user("account_owner", of=furnished))
    admin = actor_of(factories.user("domain_admin", of=furnished, on=furnished.domain))

    with pytest.raises(PermissionDenied, match="decided on domain"):
        delete_account(owner, account=furnished, confirm=furnished.name)
    with pytest.raises(Conflict, match="you belong to"):
        delete_account(admin, account=furnished, confirm=furnished.name)
    with pytest.raises(NotFound):
        delete_account(factories.member(), account=furnished, confirm=furnished.name)


def test_a_disabled_account_stops_at_once_and_keeps_everything(
    furnished: Account, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    _, key = create_api_key(tenant, user=User.objects.get(pk=tenant.user_id), name="laptop")
    starting = factories.deployment(tenant, cloud).resource

    job = disable_account(SYSTEM, account=furnished)
    assert user_behind(key) is None
    run_jobs()

    job.refresh_from_db()
    assert (job.state, state_of(furnished)) == ("succeeded", "Disabled")
    assert set(Instance.objects.values_list("state", flat=True)) == {"Stopped"}
    assert_everything_agrees(cloud)
    with pytest.raises(AccountDisabled):
        start_instance(SYSTEM, instance=starting)
    enable_account(SYSTEM, account=furnished)
    assert user_behind(key) is not None
    assert set(Instance.objects.values_list("state", flat=True)) == {"Stopped"}


def test_enabled_again_in_time_the_rest_keeps_running(furnished: Account, cloud: Cloud, run_jobs: RunJobs) -> None:
    disable_account(SYSTEM, account=furnished)
    enable_account(SYSTEM, account=furnished)
    run_jobs()

    assert state_of(furnished) == "Enabled"
    assert set(Instance.objects.values_list("state", flat=True)) == {"Running"}


@pytest.mark.parametrize("point", crash_points(STOP_ACCOUNT))
def test_a_crash_anywhere_still_stops_everything(
    point: str, furnished: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    with dying_at(point) as deaths:
        disable_account(SYSTEM, account=furnished)
        run_jobs()

    assert deaths
    assert set(Instance.objects.values_list("state", flat=True)) == {"Stopped"}
    assert_everything_agrees(cloud)


def test_stopping_may_be_cancelled_by_who_may_start_it(furnished: Account) -> None:
    job = disable_account(SYSTEM, account=furnished)

    with pytest.raises((PermissionDenied, NotFound)):
        cancel_job(actor_of(factories.user("account_owner", on=furnished)), job=job)
    cancel_job(actor_of(factories.user("domain_admin", on=furnished.domain)), job=job)


def test_a_locked_account_stops_and_deletes_and_does_nothing_else(
    furnished: Account, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = Instance.objects.get(account=furnished)
    network, template = instance.nics.get().network, Template.objects.get(account=furnished)
    key = SSHKey.objects.get(account=furnished)
    lock_account(SYSTEM, account=furnished)

    def refused(call: Callable[[], object]) -> None:
        with pytest.raises(AccountLocked):
            call()

    refused(lambda: create_network(tenant, account=furnished, zone=cloud.zone, name="n", cidr="10.7.0.0/24"))
    refused(lambda: create_ssh_key(tenant, account=furnished, name="k", public_key=PUBLIC_KEY))
    new = {"zone": cloud.zone, "name": "new", "offering": cloud.offering, "template": cloud.template}
    refused(lambda: deploy_instance(tenant, account=furnished, networks=[network], **new))
    stop_instance(tenant, instance=instance)
    run_jobs()
    instance.refresh_from_db()
    refused(lambda: start_instance(tenant, instance=instance))
    delete_ssh_key(tenant, ssh_key=key)
    delete_template(tenant, template=template)
    destroy_instance(tenant, instance=instance)
    run_jobs()
    expunge_instance(tenant, instance=instance)
    run_jobs()
    delete_network(tenant, network=network)
    run_jobs()

    assert_nothing_left_over(cloud)


def test_a_domain_goes_with_everything_below_it(
    furnished: Account, tenant: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    domain = furnished.domain
    below = create_domain(SYSTEM, name="below", parent=domain)
    other = create_account(SYSTEM, domain=below, name="other")
    crew = create_group(SYSTEM, domain=below, name="crew")
    add_member(SYSTEM, group=crew, user=factories.user("reader", of=other))
    role = create_role(SYSTEM, domain=domain, name="Own", permissions=["compute.view"])
    grant_role(SYSTEM, group=crew, role=role, on=below)
    with pytest.raises(Conflict, match="has 1 domain, 2 accounts, 2 users, 1 instance"):
        delete_domain(SYSTEM, domain=domain)
    with pytest.raises(InvalidInput):
        delete_domain(SYSTEM, domain=domain, confirm="below")

    job = delete_domain(SYSTEM, domain=domain, confirm=domain.name)
    assert actor_of(User.objects.get(pk=tenant.user_id)).reach == {}
    with pytest.raises(Conflict, match="is removing"):
        create_account(SYSTEM, domain=below, name="late")
    run_jobs()

    job.refresh_from_db()
    assert (job.state, job.error) == ("succeeded", "")
    assert {state_of(row) for row in (domain, below, furnished, other)} == {"Removed"}
    assert_nothing_left_over(cloud)
    assert not Group.objects.exists()
    assert not Role.objects.filter(code=None).exists()
    assert not set(selectors.domains(SYSTEM)) & {domain, below}
    assert create_domain(SYSTEM, name=domain.name, parent=factories.root()).state == "Active"


@pytest.mark.parametrize("point", crash_points(DELETE_DOMAIN))
def test_a_crash_anywhere_still_removes_the_domain(
    point: str, furnished: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    with dying_at(point) as deaths:
        delete_domain(SYSTEM, domain=furnished.domain, confirm=furnished.domain.name)
        run_jobs()

    assert deaths
    assert {state_of(row) for row in (furnished.domain, furnished)} == {"Removed"}
    assert_nothing_left_over(cloud)


def test_a_domain_that_could_not_be_removed_is_suspended(furnished: Account, cloud: Cloud, run_jobs: RunJobs) -> None:
    cloud.world.inject("remove_instance", FaultKind.FATAL, times=1)
    job = delete_domain(SYSTEM, domain=furnished.domain, confirm=furnished.domain.name)
    run_jobs()

    job.refresh_from_db()
    assert (job.state, state_of(furnished.domain)) == ("failed", "Suspended")
    assert not Job.objects.filter(state__in=["queued", "running", "waiting"]).exists()


def test_nobody_deletes_the_domain_they_belong_to(furnished: Account) -> None:
    admin = actor_of(factories.user("domain_admin", of=furnished, on=factories.root()))

    with pytest.raises(Conflict, match="you belong to"):
        delete_domain(admin, domain=furnished.domain, confirm=furnished.domain.name)
