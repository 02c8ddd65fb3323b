"""Limits: what they refuse, whom they tell what, and who sets them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from cloudportal.core.errors import InvalidInput, LimitExceeded, NotFound, PermissionDenied
from cloudportal.core.models import Event
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from compute.models import Instance
from compute.services.instances import destroy_instance, expunge_instance
from compute.workflows import DEPLOY_INSTANCE
from network.models import Network
from network.services.networks import create_network, delete_network
from storage.models import Template
from storage.services.templates import delete_template, upload_template
from tenants import limits
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.limits.recount import drifts
from tenants.limits.standing import of_account, of_domain
from tenants.models import Account, Domain, Limit
from tenants.resources import BY_NAME
from tenants.services.accounts import create_account
from tenants.services.domains import create_domain
from tenants.services.limits import set_account_limits, set_domain_limits
from tenants.workflows import CHECK_LIMITS
from tests import factories
from tests.conftest import RunJobs
from tests.crashes import dying_at
from tests.factories import Cloud
from tests.invariants import assert_everything_agrees

GIB = 2**30


def used(account: Account | None) -> dict[str, int]:
    """What an account has, without what it has nothing of."""
    found = {row.resource.key: row.used for row in of_account(account)}
    return {key: number for key, number in found.items() if number}


@pytest.fixture
def owner(tenant: Actor) -> Account:
    return Account.objects.select_related("domain__parent").get(pk=tenant.account_id)


def test_everything_that_is_made_is_counted_and_given_back(
    tenant: Actor, owner: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instance = factories.instance(tenant, cloud)
    template = factories.template(cloud.zone, owner, is_public=False)
    disk = cloud.template.size_bytes

    assert used(owner) == {
        "instances": 1, "cpus": 1, "memory_mib": 512, "volumes": 1, "primary_bytes": disk,
        "networks": 1, "public_addresses": 1, "templates": 1, "secondary_bytes": template.file_bytes,
    }  # fmt: skip
    destroy_instance(tenant, instance=instance)
    run_jobs()
    assert used(owner)["instances"] == 1, "what is in the recycle bin counts"
    expunge_instance(tenant, instance=instance)
    run_jobs()
    delete_network(tenant, network=Network.objects.get(account=owner))
    delete_template(tenant, template=template)
    run_jobs()
    assert used(owner) == {}
    assert_everything_agrees(cloud)


def test_a_refusal_names_the_limit_whose_it_is_and_what_is_left(tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    set_account_limits(SYSTEM, account=owner, limits={"instances": 1, "cpus": 1})

    with pytest.raises(LimitExceeded) as refused:
        factories.deployment(tenant, cloud)

    assert refused.value.message.startswith(f"Account {owner} may have 1 instance: 1 used, 0 left, and this takes 1.")
    details = refused.value.details
    assert details["resource"] == "instances"
    assert details["owner"] == {"type": "account", "id": str(owner.uuid), "name": owner.name}
    assert (details["limit"], details["used"], details["left"], details["wanted"]) == (1, 1, 0, 1)
    assert [one["resource"] for one in details["exceeded"]] == ["instances", "cpus"]
    assert (Instance.objects.count(), Job.objects.filter(kind=DEPLOY_INSTANCE.kind).count()) == (1, 1)


def test_of_a_domain_that_one_may_not_see_only_what_is_left_is_told(
    tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    network = factories.network(tenant, cloud.zone)
    set_domain_limits(SYSTEM, domain=owner.domain, limits={"primary_gib": 0})

    with pytest.raises(LimitExceeded) as refused:
        factories.deployment(tenant, cloud, on=network)

    assert refused.value.message == ("A domain above leaves 0 GiB of primary storage, and this takes 0.007812.")
    assert refused.value.details["owner"] == {"type": "domain", "id": None, "name": "a domain above"}
    assert (refused.value.details["limit"], refused.value.details["used"]) == (None, None)


def test_who_sees_the_domain_hears_its_name(owner: Account, cloud: Cloud) -> None:
    admin = actor_of(factories.user("domain_admin", of=owner, on=owner.domain))
    set_domain_limits(SYSTEM, domain=owner.domain, limits={"networks": 0})

    with pytest.raises(LimitExceeded, match=f"Domain {owner.domain} may have 0 networks: 0 used, 0 left"):
        create_network(admin, account=owner, zone=cloud.zone, name="net", cidr="10.1.0.0/24")

    assert Network.objects.filter(account=owner).count() == 0
    assert used(owner) == {}


def test_two_accounts_share_what_their_domain_has(cloud: Cloud) -> None:
    mine = factories.account()
    theirs = create_account(SYSTEM, domain=mine.domain, name="neighbour")
    set_domain_limits(SYSTEM, domain=mine.domain, limits={"networks": 1})
    create_network(SYSTEM, account=mine, zone=cloud.zone, name="net", cidr="10.1.0.0/24")

    with pytest.raises(LimitExceeded):
        create_network(SYSTEM, account=theirs, zone=cloud.zone, name="net", cidr="10.1.0.0/24")

    assert [row.left for row in of_account(theirs) if row.resource.key == "networks"] == [0]


def test_a_domain_that_becomes_limited_knows_what_is_there(tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.network(tenant, cloud.zone)

    set_domain_limits(SYSTEM, domain=owner.domain.parent, limits={"networks": 3})

    assert Limit.objects.get(domain=owner.domain.parent).used == 1
    factories.network(tenant, cloud.zone, "10.2.0.0/24")
    assert Limit.objects.get(domain=owner.domain.parent).used == 2
    set_domain_limits(SYSTEM, domain=owner.domain.parent, limits={"networks": -1})
    assert not Limit.objects.filter(domain=owner.domain.parent).exists()
    assert {row.used for row in of_domain(owner.domain.parent) if row.resource.key == "networks"} == {2}


def test_lowering_a_limit_below_what_is_used_blocks_growth_and_says_so(
    tenant: Actor, owner: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    instances = [factories.instance(tenant, cloud) for _ in range(2)]

    after = set_account_limits(SYSTEM, account=owner, limits={"instances": 1})

    assert [row.words() for row in after if row.is_exceeded] == [
        "Instances: 2 used, 1 allowed. What is there stays; nothing more can be made until less than that is used."
    ]
    with pytest.raises(LimitExceeded, match="2 used, 0 left"):
        factories.deployment(tenant, cloud)
    for instance in instances:
        destroy_instance(tenant, instance=instance)
        run_jobs()
        expunge_instance(tenant, instance=instance)
        run_jobs()
    factories.instance(tenant, cloud)


def test_none_goes_back_to_the_default(owner: Account, settings: object) -> None:
    set_account_limits(SYSTEM, account=owner, limits={"instances": -1})
    assert _limit(owner, "instances") == (-1, False)

    set_account_limits(SYSTEM, account=owner, limits={"instances": None})

    assert _limit(owner, "instances") == (20, True)
    settings.ACCOUNT_LIMITS = settings.ACCOUNT_LIMITS | {"instances": 7}
    assert _limit(owner, "instances") == (7, True)


def _limit(owner: Account, key: str) -> tuple[int, bool]:
    return next((row.maximum, row.is_default) for row in of_account(owner) if row.resource.key == key)


@pytest.mark.parametrize("wrong", [{"instances": -2}, {"instances": 2**31}, {"instances": True}, {"pigeons": 1}])
def test_nonsense_stands_at_its_field(owner: Account, wrong: dict[str, int]) -> None:
    with pytest.raises(InvalidInput) as refused:
        set_account_limits(SYSTEM, account=owner, limits={"cpus": 3} | wrong)

    assert set(refused.value.errors) == set(wrong)
    assert _limit(owner, "cpus") == (40, True)


def test_an_owner_of_an_account_can_not_raise_its_own(owner: Account) -> None:
    boss = actor_of(factories.user("domain_admin", of=owner, on=owner))

    with pytest.raises(PermissionDenied):
        set_account_limits(boss, account=owner, limits={"instances": 1000})
    with pytest.raises(NotFound):
        set_account_limits(boss, account=factories.account(), limits={"instances": 1000})
    with pytest.raises(NotFound):
        set_domain_limits(boss, domain=owner.domain, limits={"instances": 1000})


def test_a_domain_admin_sets_what_is_below_and_not_the_domain_itself(owner: Account) -> None:
    admin = actor_of(factories.user("domain_admin", on=owner.domain))
    below = create_domain(SYSTEM, name="below", parent=owner.domain)

    set_account_limits(admin, account=owner, limits={"instances": 5})
    set_domain_limits(admin, domain=below, limits={"instances": 5})

    with pytest.raises(PermissionDenied):
        set_domain_limits(admin, domain=owner.domain, limits={"instances": 1000})
    with pytest.raises(NotFound):
        set_domain_limits(admin, domain=factories.account().domain, limits={"instances": 1})


def test_setting_leaves_an_event_with_before_and_after(owner: Account, operator: Actor) -> None:
    set_account_limits(operator, account=owner, limits={"instances": 5, "primary_gib": 10})
    set_account_limits(operator, account=owner, limits={"instances": 6, "primary_gib": 10})

    event = Event.objects.filter(action="tenants.set_account_limits").latest("id")
    assert event.message == f"Limits of account {owner} changed: instances from 5 to 6."
    assert (event.details, event.account_id) == ({"limits": {"instances": [5, 6]}}, owner.pk)
    set_domain_limits(operator, domain=owner.domain, limits={"vpcs": 3})
    message = Event.objects.get(action="tenants.set_domain_limits").message
    assert message == f"Limits of domain {owner.domain} changed: vpcs from unlimited to 3."


def test_a_deploy_that_fails_gives_back_what_it_counted_once(
    tenant: Actor, owner: Account, cloud: Cloud, run_jobs: RunJobs
) -> None:
    network = factories.network(tenant, cloud.zone)
    cloud.world.inject("start_instance", "fatal", times=1)
    with dying_at(f"{DEPLOY_INSTANCE.kind}/given_up"):
        job = factories.deployment(tenant, cloud, on=network)
        run_jobs()

    assert job.resource.state == "Error"
    assert used(owner) == {"networks": 1, "public_addresses": 1}
    cloud.world.heal()
    expunge_instance(tenant, instance=job.resource)
    run_jobs()
    assert used(owner) == {"networks": 1, "public_addresses": 1}
    assert_everything_agrees(cloud)


def test_an_upload_that_is_too_large_leaves_nothing(tenant: Actor, owner: Account, cloud: Cloud) -> None:
    set_account_limits(SYSTEM, account=owner, limits={"secondary_gib": 0})

    with pytest.raises(LimitExceeded, match="0 GiB of secondary storage"):
        upload_template(tenant, account=owner, zone=cloud.zone, name="big", file=factories.raw_image(), format="raw")

    assert not Template.objects.filter(account=owner).exists()
    assert list((Path(cloud.store.path) / "incoming").glob("*")) == []


def test_what_counts_can_not_be_removed_without_giving_it_back(tenant: Actor, cloud: Cloud) -> None:
    instance = factories.instance(tenant, cloud)

    with pytest.raises(IntegrityError, match="instance_removed_is_not_counted"), transaction.atomic():
        Instance.objects.filter(pk=instance.pk).update(removed_at=instance.created_at, host=None, state="Expunged")


def test_giving_back_more_than_was_counted_is_impossible(owner: Account) -> None:
    with transaction.atomic():
        limits.reserve(owner, snapshots=1)

    with pytest.raises(IntegrityError, match="limit_used_not_negative"), transaction.atomic():
        limits.release(owner.pk, snapshots=2)
    with pytest.raises(RuntimeError, match="never counted"), transaction.atomic():
        limits.release(owner.pk, buckets=1)


def test_counting_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(TransactionManagementError):
        limits.reserve(factories.account(), instances=1)


def test_a_deploy_asks_two_statements_more(tenant: Actor, cloud: Cloud) -> None:
    factories.instance(tenant, cloud)
    set_domain_limits(SYSTEM, domain=factories.root(), limits=dict.fromkeys(BY_NAME, 10_000))

    with CaptureQueriesContext(connection) as seen:
        factories.deployment(tenant, cloud)

    asked = [query["sql"] for query in seen if "tenants_limit" in query["sql"] or "advisory" in query["sql"]]
    assert len(asked) == 2


def test_drift_is_reported_to_operators_and_put_right(
    tenant: Actor, owner: Account, operator: Actor, cloud: Cloud, run_jobs: RunJobs
) -> None:
    factories.instance(tenant, cloud)
    set_domain_limits(SYSTEM, domain=owner.domain, limits={"instances": 9})
    Limit.objects.filter(account=owner, resource="instances").update(used=5)
    Limit.objects.filter(account=owner, resource="volumes").delete()

    jobs.start(operator, CHECK_LIMITS)
    run_jobs()

    assert drifts() == []
    assert used(owner)["instances"] == used(owner)["volumes"] == 1
    said = set(Event.objects.filter(action="tenants.limits_drift").values_list("message", "account_id", "level"))
    assert said == {
        (f"The counter of account {owner} said 5, and there is 1 instance. It was put right.", None, "error"),
        (f"The counter of account {owner} said 0, and there is 1 volume. It was put right.", None, "error"),
    }


def test_moving_a_domain_takes_its_counts_along(tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.network(tenant, cloud.zone)
    home, new = owner.domain, create_domain(SYSTEM, name="new", parent=factories.root())
    for domain in (home, new, factories.root()):
        set_domain_limits(SYSTEM, domain=domain, limits={"networks": 5})

    with transaction.atomic(), limits.moving(home, to=new):
        _put_below(home, new)

    assert dict(Limit.objects.filter(domain__isnull=False).values_list("domain__name", "used")) == {
        home.name: 1, "new": 1, "ROOT": 1,
    }  # fmt: skip
    assert drifts() == []


def test_a_domain_that_has_too_much_can_not_move_there(tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.network(tenant, cloud.zone)
    new = create_domain(SYSTEM, name="new", parent=factories.root())
    set_domain_limits(SYSTEM, domain=new, limits={"networks": 0})

    with (
        pytest.raises(LimitExceeded, match="Domain new may have 0 networks: 0 used, 0 left, and this takes 1"),
        transaction.atomic(),
        limits.moving(owner.domain, to=new, actor=SYSTEM),
    ):
        _put_below(owner.domain, new)

    assert Domain.objects.get(pk=owner.domain_id).parent == factories.root()
    assert drifts() == []


def _put_below(domain: Domain, new: Domain) -> None:
    Domain.objects.filter(pk=domain.pk).update(parent=new, path=f"{new.path}{domain.pk}/")
