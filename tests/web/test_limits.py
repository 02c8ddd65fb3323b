"""Pages of limits, and the bars where something is made."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from network.models import Network
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Limit
from tenants.services.limits import set_account_limits, set_domain_limits
from tests import factories
from tests.factories import Cloud
from tests.web.conftest import Visit, htmx, words


@pytest.fixture
def owner(tenant: Actor) -> Account:
    return Account.objects.select_related("domain__parent").get(pk=tenant.account_id)


def test_a_tenant_sees_bars_of_what_can_be_made(visit: Visit, tenant: Actor, owner: Account, cloud: Cloud) -> None:
    factories.network(tenant, cloud.zone)
    set_account_limits(SYSTEM, account=owner, limits={"networks": 1, "cpus": -1})

    page = words(visit(tenant).get("/limits/"))

    assert f"Limits of {owner}" in page
    assert "1 of 1 · 0 left" in page
    assert "0 · no limit" in page
    assert 'role="progressbar" aria-label="Instances"' in page
    assert "Buckets" not in page
    assert "Change limits" not in page


def test_an_operator_goes_down_the_tree_and_changes_an_account(
    visit: Visit, operator: Actor, tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    factories.network(tenant, cloud.zone)
    client = visit(operator)

    root, domain, address = owner.domain.parent, owner.domain, f"/limits/accounts/{owner.uuid}/"
    assert f"/limits/domains/{root.uuid}/" in words(client.get("/limits/"))
    assert f"/limits/domains/{domain.uuid}/" in words(client.get(f"/limits/domains/{root.uuid}/"))
    assert address in words(client.get(f"/limits/domains/{domain.uuid}/?name={owner}", headers=htmx("results")))
    assert f"{address}edit/" in words(client.get(address))
    assert 'placeholder="default: 20"' in words(client.get(f"{address}edit/"))

    answer = client.post(f"{address}edit/", {"instances": "7", "networks": "0"}, follow=True)

    assert "Networks: 1 used, 0 allowed" in words(answer)
    assert Limit.objects.get(account=owner, resource="instances").maximum == 7
    assert 'value="7"' in words(client.get(f"{address}edit/"))


def test_a_domain_admin_is_told_that_the_domains_own_are_not_theirs(visit: Visit, owner: Account) -> None:
    admin = actor_of(factories.user("domain_admin", on=owner.domain))
    address = f"/limits/domains/{owner.domain.uuid}/"

    assert "Change limits" not in words(visit(admin).get(address))
    answer = visit(admin).post(f"{address}edit/", {"instances": "7"})

    assert answer.status_code == 403
    assert "set by those who manage the domain above" in words(answer)
    assert not Limit.objects.filter(domain=owner.domain).exists()


def test_nonsense_stands_beside_its_field(visit: Visit, operator: Actor, owner: Account) -> None:
    answer = visit(operator).post(f"/limits/accounts/{owner.uuid}/edit/", {"instances": "-5"})

    assert answer.status_code == 422
    assert 'id="id_instances_error"' in words(answer)


def test_the_wizard_says_what_is_left_and_what_is_too_much(
    visit: Visit, tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    factories.network(tenant, cloud.zone)
    set_account_limits(SYSTEM, account=owner, limits={"memory_mib": 256})
    set_domain_limits(SYSTEM, domain=owner.domain, limits={"instances": 3})
    chosen = f"?offering={cloud.offering.uuid}&template={cloud.template.uuid}"

    page = words(visit(tenant).get(f"/instances/deploy/{chosen}"))

    assert "takes 1 of 3 left" in page
    assert "A domain above leaves no more than that." in page
    assert "takes 512 MiB of 256 MiB left" in page
    assert "not enough" in page


def test_forms_say_what_is_left_and_refusals_stand_above_them(
    visit: Visit, tenant: Actor, owner: Account, cloud: Cloud
) -> None:
    client = visit(tenant)
    set_account_limits(SYSTEM, account=owner, limits={"networks": 0, "templates": 5})
    assert "takes 1 of 0 left" in words(client.get("/networks/new/"))
    assert "takes 1 of 5 left" in words(client.get("/templates/new/"))

    answer = client.post("/networks/new/", {"name": "net", "cidr": "10.1.0.0/24", "zone": cloud.zone.uuid})

    assert answer.status_code == 409
    assert f"Account {owner} may have 0 networks: 0 used, 0 left, and this takes 1." in words(answer)
    assert not Network.objects.exists()


def test_bars_cost_one_statement(visit: Visit, tenant: Actor, cloud: Cloud) -> None:
    with CaptureQueriesContext(connection) as seen:
        visit(tenant).get("/networks/new/")

    assert sum("tenants_limit" in query["sql"] for query in seen) == 1
