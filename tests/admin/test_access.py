"""Who gets in, and what every page costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cloudportal.core import configuration
from cloudportal.core.models import Event
from cloudportal.doors.admin.base import PortalAdmin
from cloudportal.infrastructure.models import Cluster, Host, Pod, Zone
from cloudportal.infrastructure.services.clusters import create_cluster
from cloudportal.infrastructure.services.zones import create_pod, create_zone
from cloudportal.jobs.models import Job, WorkerNode
from compute.models import ServiceOffering
from compute.services.hosts import add_host
from network.models import PublicAddress
from storage.models import DiskOffering, SecondaryStore, StoragePool
from storage.services.pools import create_pool
from tenants.actor import SYSTEM, Actor
from tenants.models import Account, Domain, User
from tests import factories
from tests.admin.pages import address
from tests.factories import Cloud

MODELS = (
    Zone, Pod, Cluster, Host, StoragePool, SecondaryStore, PublicAddress, ServiceOffering, DiskOffering, Domain,
    Account, User, Job, Event, WorkerNode,
)  # fmt: skip
MOST_QUERIES = 14


def test_every_admin_goes_through_services() -> None:
    assert set(admin.site._registry) == set(MODELS)
    assert all(isinstance(page, PortalAdmin) for page in admin.site._registry.values())
    assert "delete_selected" not in dict(admin.site.actions)


def test_for_a_tenant_there_is_no_admin(tenant_client: Client) -> None:
    for page in (address(model, name) for model in MODELS for name in ("changelist", "add")):
        assert tenant_client.get(page).status_code == 404, page
        assert tenant_client.post(page, {"name": "mine"}).status_code == 404, page


def test_for_a_tenant_no_row_can_be_told_from_none(tenant_client: Client, cloud: Cloud) -> None:
    pages = [address(Host, "change", cloud.hosts()[0].pk), address(Host, "change", 4711), reverse("admin:index")]
    pages += [reverse("admin:search"), reverse("admin:autocomplete"), "/admin/nonsense/"]

    assert {tenant_client.get(page).status_code for page in pages} == {404}


def test_the_flags_of_django_open_nothing(db: None) -> None:
    user = factories.user()
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)

    assert client.get(reverse("admin:index")).status_code == 404


def test_who_is_not_signed_in_is_led_to_the_portals_page(db: None) -> None:
    page = address(Host, "changelist")

    for start in (page, f"{reverse('admin:login')}?next={page}"):
        answer = Client().get(start)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={page}")


def test_a_row_that_is_not_there_is_not_found(operator_client: Client) -> None:
    assert operator_client.get(address(Host, "change", 4711)).status_code == 404
    assert operator_client.get(address(Host, "delete", 4711)).status_code == 404


def pages_of(model: type[Model]) -> list[str]:
    """The list, a search in it, two rows, and the form of a new one."""
    pages = [address(model, "changelist"), f"{address(model, 'changelist')}?q=203"]
    pages += [address(model, "change", row.pk) for row in model._default_manager.all()[:2]]
    return pages + [address(model, "add")] * bool(admin.site.get_model_admin(model).create_service)


def test_every_page_opens(operator_client: Client, cloud: Cloud, tenant: Actor) -> None:
    factories.instance(tenant, cloud)

    for page in (page for model in MODELS for page in pages_of(model)):
        assert operator_client.get(page).status_code == 200, page


def test_what_is_read_only_can_not_be_written(operator_client: Client, cloud: Cloud) -> None:
    for row in (Job.objects.all()[0], Event.objects.all()[0], PublicAddress.objects.all()[0]):
        assert operator_client.post(address(type(row), "change", row.pk), {"message": "x"}).status_code == 403
        assert operator_client.post(address(type(row), "delete", row.pk), {"post": "yes"}).status_code == 403


def more_of_everything(cloud: Cloud) -> None:
    world = cloud.world
    for number in range(3):
        zone = create_zone(
            SYSTEM, name=f"more-{number}", network_url=world.url(), public_cidr="198.51.100.0/24",
            public_gateway="198.51.100.1", dns_servers=["9.9.9.9"],
        )  # fmt: skip
        pod = create_pod(SYSTEM, zone=zone, name="pod")
        cluster = create_cluster(SYSTEM, pod=pod, name="cluster", hypervisor="simulator")
        world.add_host(f"more-{number}")
        add_host(SYSTEM, cluster=cluster, name="host", url=world.url(f"more-{number}"))
        create_pool(SYSTEM, cluster=cluster, name="pool", url=world.url(), path=f"/more/{number}")
        factories.template(cloud.zone)
        factories.member()


def queries(ask: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert ask().status_code == 200
    return len(seen)


def test_a_list_costs_the_same_however_long_it_is(
    operator_client: Client, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Settings are read every other second, by whichever page comes then.
    monkeypatch.setattr(configuration, "FRESH_SECONDS", 3600)
    pages = [address(model, "changelist") for model in MODELS]
    operator_client.get(address(Host, "changelist"))
    before = {page: queries(lambda page=page: operator_client.get(page)) for page in pages}

    more_of_everything(cloud)

    after = {page: queries(lambda page=page: operator_client.get(page)) for page in pages}
    assert after == before
    assert max(after.values()) <= MOST_QUERIES


def test_what_grows_without_bound_is_never_counted(operator_client: Client, cloud: Cloud) -> None:
    for model in (Job, Event, PublicAddress):
        with CaptureQueriesContext(connection) as seen:
            operator_client.get(address(model, "changelist"))
        assert not [query["sql"] for query in seen if "COUNT(" in query["sql"]]


def test_the_front_page_shows_how_full_the_cloud_is(operator_client: Client, cloud: Cloud) -> None:
    page = operator_client.get(reverse("admin:index")).content.decode()

    assert "0 / 16" in page
    assert "0 B / 32 GiB" in page
    assert address(Host, "changelist") in page
