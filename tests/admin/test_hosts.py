"""Hosts in the admin: reached before they are kept, and changed by services."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cloudportal.core.models import Event
from cloudportal.infrastructure.models import Host
from storage.models import StoragePool
from tenants.actor import Actor
from tenants.models import User
from tests import factories
from tests.admin.pages import add, address, change, errors, events, press, said
from tests.factories import Cloud

SECRET = "open-sesame"


def new_host(cloud: Cloud, **values: Any) -> dict[str, Any]:
    shown = {"cluster": cloud.cluster, "name": "new", "virt_type": "auto", "datapath": "kernel"}
    return shown | {"url": cloud.world.url("new")} | values


def test_a_host_that_does_not_answer_is_refused_and_not_kept(operator_client: Client, cloud: Cloud) -> None:
    answer = add(operator_client, Host, **new_host(cloud))

    assert "can't be used" in errors(answer)[""][0]
    assert answer.status_code == 422
    assert not Host.objects.filter(name="new").exists()
    assert cloud.world.url("new").replace("&", "&amp;") in answer.content.decode()


def test_a_url_of_another_kind_is_refused_at_the_field(operator_client: Client, cloud: Cloud) -> None:
    answer = add(operator_client, Host, **new_host(cloud, url="qemu+tls://kvm1/system"))

    assert list(errors(answer)) == ["url"]
    assert not Host.objects.filter(name="new").exists()


def test_a_url_that_is_taken_is_refused_at_the_field(operator_client: Client, cloud: Cloud) -> None:
    answer = add(operator_client, Host, **new_host(cloud, url=cloud.hosts()[0].url))

    assert list(errors(answer)) == ["url"]


def test_a_pool_that_does_not_answer_is_refused_and_not_kept(operator_client: Client, cloud: Cloud) -> None:
    cloud.world.inject("prepare", "fatal")
    values = {"name": "second", "overprovisioning": "2", "warn_threshold": "0.8", "disable_threshold": "0.95"}

    answer = add(operator_client, StoragePool, cluster=cloud.cluster, url=cloud.world.url(), path="/second", **values)

    assert "can't be used" in errors(answer)[""][0]
    assert not StoragePool.objects.filter(name="second").exists()


def test_a_password_is_kept_and_never_shown(operator_client: Client, cloud: Cloud) -> None:
    cloud.world.add_host("new")
    add(operator_client, Host, **new_host(cloud, password=SECRET))
    host = Host.objects.get(name="new")

    change(operator_client, host, name="newer")

    host.refresh_from_db()
    assert (host.name, host.password) == ("newer", SECRET)
    for page in (address(Host, "change", host.pk), address(Host, "changelist"), address(Host, "delete", host.pk)):
        assert SECRET not in operator_client.get(page).content.decode()
    assert not any(SECRET in str(vars(event)) for event in Event.objects.all())


def test_a_refused_form_does_not_repeat_the_password(operator_client: Client, cloud: Cloud) -> None:
    answer = add(operator_client, Host, **new_host(cloud, password=SECRET))

    assert answer.status_code == 422
    assert SECRET not in answer.content.decode()


def test_who_may_only_look_is_shown_no_password(cloud: Cloud, onlooker_client: Client) -> None:
    Host.objects.update(password=SECRET)
    page = address(Host, "change", cloud.hosts()[0].pk)

    answer = onlooker_client.get(page)

    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()
    assert onlooker_client.post(page, {"name": "mine"}).status_code == 403
    assert onlooker_client.get(address(Host, "add")).status_code == 403


def test_a_filter_does_not_guess_passwords(onlooker_client: Client, cloud: Cloud) -> None:
    for model in (Host, StoragePool, User):
        assert onlooker_client.get(address(model, "changelist"), {"password__startswith": "g"}).status_code == 400


def test_a_new_way_to_a_host_is_tried_first(operator_client: Client, cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    answer = change(operator_client, host, url=cloud.world.url("nowhere"))

    assert "can't be used" in errors(answer)[""][0]
    kept = Host.objects.get(pk=host.pk)
    assert kept.url == host.url


@pytest.mark.parametrize(
    ("button", "state"), [("disable_now", "Disabled"), ("maintain_now", "Maintenance"), ("enable_now", "Enabled")]
)
def test_a_button_changes_what_is_wanted(operator_client: Client, cloud: Cloud, button: str, state: str) -> None:
    host = cloud.hosts()[0]

    answer = press(operator_client, host, button)

    host.refresh_from_db()
    assert host.resource_state == state
    assert host.is_schedulable == (state == "Enabled")
    assert host.name in said(answer)
    assert events("compute.update_host") == 1


def test_connecting_again_reads_what_the_host_has_now(operator_client: Client, cloud: Cloud) -> None:
    host = cloud.hosts()[0]
    cloud.world.add_host(host.name, cpus=32, memory_mib=131_072)

    press(operator_client, host, "connect_now")

    host.refresh_from_db()
    assert (host.cpus, host.memory_mib, host.cpu_capacity) == (32, 131_072, 32)


def test_a_host_that_does_not_answer_again_says_so(operator_client: Client, cloud: Cloud) -> None:
    host = cloud.hosts()[0]
    cloud.world.kill_host(host.name)

    assert "can't be used" in said(press(operator_client, host, "connect_now"))


def test_several_hosts_are_disabled_at_once(operator_client: Client, cloud: Cloud) -> None:
    chosen = {"action": "disable", "_selected_action": [host.pk for host in cloud.hosts()]}

    operator_client.post(address(Host, "changelist"), chosen)

    assert {host.resource_state for host in cloud.hosts()} == {"Disabled"}
    assert events("compute.update_host") == 2


def test_an_empty_host_is_removed(operator_client: Client, cloud: Cloud) -> None:
    host = cloud.hosts()[0]

    answer = operator_client.post(address(Host, "delete", host.pk), {"post": "yes"})

    assert answer.status_code == 302
    assert not Host.objects.filter(pk=host.pk).exists()
    assert events("compute.remove_host") == 1


def test_a_host_with_instances_stays(operator_client: Client, cloud: Cloud, tenant: Actor) -> None:
    host = factories.instance(tenant, cloud).host

    answer = operator_client.post(address(Host, "delete", host.pk), {"post": "yes"}, follow=True)

    assert "still has instances" in said(answer)
    assert Host.objects.filter(pk=host.pk).exists()
    assert events("compute.remove_host") == 0
