"""Sharing on pages: the card, its dialogs, the wizard's choosers, and what each side is shown."""

from __future__ import annotations

from typing import Any

import pytest

from compute.models import Instance, SSHKey
from compute.services.ssh_keys import create_ssh_key
from network.models import Port
from storage.models import Template
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account
from tenants.services.accounts import create_account
from tenants.services.shares import share, unshare
from tests import factories
from tests.authority.estate import PUBLIC_KEY
from tests.factories import Cloud
from tests.web.conftest import Visit, words

pytestmark = pytest.mark.django_db
NEVER = "00000000-0000-4000-8000-000000000000"


def home_of(actor: Actor) -> Account:
    return Account.objects.select_related("domain").get(pk=actor.account_id)


def key_of(actor: Actor, name: str = "sesame-key") -> SSHKey:
    return create_ssh_key(actor, account=home_of(actor), name=name, public_key=PUBLIC_KEY)


def page_of(kind: str, actor: Actor, cloud: Cloud) -> tuple[str, Any]:
    if kind == "ssh-keys":
        thing: Any = key_of(actor)
    elif kind == "networks":
        thing = factories.network(actor, cloud.zone, name="sesame-net")
    else:
        thing = factories.template(cloud.zone, home_of(actor), is_public=False)
    prefix = {"ssh-keys": "/ssh-keys/", "networks": "/networks/", "templates": "/templates/"}[kind]
    return f"{prefix}{thing.uuid}/", thing


@pytest.mark.parametrize("kind", ["templates", "networks", "ssh-keys"])
def test_a_thing_is_shared_and_taken_back_on_its_page(
    kind: str, visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    page, thing = page_of(kind, tenant, cloud)
    owner, receiver, account = visit(tenant), visit(other_tenant), home_of(other_tenant)
    assert "Nobody. People of other accounts" in words(owner.get(page))
    assert receiver.get(page).status_code == 404

    owner.post(f"{page}share/", {"account": str(account.uuid)})

    assert account.name in words(owner.get(page))
    seen = words(receiver.get(page))
    assert "Shared with you" in seen
    assert f"shared by {home_of(tenant).name}" in seen
    assert "Nobody. People of other accounts" not in seen
    assert f"shared by {home_of(tenant).name}" in words(receiver.get(f"/{kind}/"))
    assert "Nothing matches" in words(receiver.get(f"/{kind}/", {"sharing": "own"}))
    assert thing.name in words(receiver.get(f"/{kind}/", {"sharing": "shared"}))
    assert receiver.post(f"{page}share/", {"account": str(home_of(factories.member()).uuid)}).status_code == 403
    asked = words(owner.get(f"{page}unshare/?account={account.uuid}"))
    assert f"Stop sharing {thing.name} with {account.name}?" in asked
    owner.post(f"{page}unshare/?account={account.uuid}")
    assert receiver.get(page).status_code == 404
    share(tenant, thing=thing, account=account)
    answer = receiver.post(f"{page}leave/?account={account.uuid}")
    assert (answer.status_code, answer["Location"]) == (302, f"/{kind}/")
    assert receiver.get(page).status_code == 404


@pytest.mark.parametrize("account", ["", "nobody", NEVER, "x" * 70, "\x00"])
def test_what_is_no_account_stands_at_the_field(visit: Visit, tenant: Actor, account: str) -> None:
    key = key_of(tenant)

    answer = visit(tenant).post(f"/ssh-keys/{key.uuid}/share/", {"account": account})

    assert answer.status_code == 422
    assert 'id="id_account_error"' in words(answer)
    assert not key.shares.exists()


def test_accounts_that_one_sees_are_chosen_by_name(visit: Visit, cloud: Cloud) -> None:
    home = factories.account()
    admin = actor_of(factories.user("domain_admin", of=home, on=home.domain))
    beside = create_account(SYSTEM, domain=home.domain, name="beside")
    hidden = factories.account("hidden")
    key = create_ssh_key(admin, account=home, name="k", public_key=PUBLIC_KEY)
    client = visit(admin)
    form = words(client.get(f"/ssh-keys/{key.uuid}/share/"))
    assert "beside" in form
    assert hidden.name not in form

    assert client.post(f"/ssh-keys/{key.uuid}/share/", {"account": hidden.name}).status_code == 422
    client.post(f"/ssh-keys/{key.uuid}/share/", {"account": "beside"})

    assert list(key.shares.values_list("account", flat=True)) == [beside.pk]


def test_the_wizard_offers_what_is_shared_with_the_account(
    visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    pages = [page_of(kind, tenant, cloud)[1] for kind in ("templates", "networks", "ssh-keys")]
    wizard = visit(other_tenant)
    assert not any(str(thing.uuid) in words(wizard.get("/instances/deploy/")) for thing in pages)
    for thing in pages:
        share(tenant, thing=thing, account=home_of(other_tenant))

    shown = words(wizard.get("/instances/deploy/"))
    assert all(str(thing.uuid) in shown for thing in pages)
    assert shown.count(f"shared by {home_of(tenant).name}") == 3
    template, network, key = pages
    wizard.post(
        "/instances/deploy/",
        {
            "zone": cloud.zone.uuid, "template": template.uuid, "offering": cloud.offering.uuid,
            "networks": network.uuid, "ssh_keys": key.uuid, "name": "vm",
        },
    )  # fmt: skip

    instance = Instance.objects.get()
    assert (instance.account_id, instance.template) == (other_tenant.account_id, template)
    for thing in pages:
        unshare(tenant, thing=thing, account=home_of(other_tenant))
    assert not any(str(thing.uuid) in words(wizard.get("/instances/deploy/")) for thing in pages)
    # What runs goes on: its pages name what it has, and lead nowhere that is closed.
    for tab in ("", "network/"):
        page = words(wizard.get(f"/instances/{instance.uuid}/{tab}"))
        assert network.name in page
        assert f"/networks/{network.uuid}/" not in page
        assert f"/templates/{template.uuid}/" not in page
        assert f"/ssh-keys/{key.uuid}/" not in page


def test_either_side_sees_of_a_network_what_is_its_own(
    visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    network = factories.network(tenant, cloud.zone)
    mine = factories.instance(tenant, cloud, on=network, name="owners-vm")
    share(tenant, thing=network, account=home_of(other_tenant))
    theirs = factories.instance(other_tenant, cloud, on=network, name="receivers-vm")
    address = {instance: Port.objects.get(nic__instance=instance).address for instance in (mine, theirs)}

    owners = words(visit(tenant).get(f"/networks/{network.uuid}/"))
    receivers = words(visit(other_tenant).get(f"/networks/{network.uuid}/"))

    assert address[theirs] in owners
    assert f"In use by account {home_of(other_tenant).name}" in owners
    assert "receivers-vm" not in owners
    assert str(theirs.uuid) not in owners
    assert "receivers-vm" in receivers
    assert "owners-vm" not in receivers
    assert str(mine.uuid) not in receivers
    assert address[mine] not in receivers
    assert network.public_addresses.get().address not in receivers
    assert f"Create network {network}" in owners
    assert f"Create network {network}" not in receivers


def test_where_a_template_came_from_is_its_owners_alone(
    visit: Visit, tenant: Actor, other_tenant: Actor, cloud: Cloud
) -> None:
    page, template = page_of("templates", tenant, cloud)
    Template.objects.filter(pk=template.pk).update(source_url="https://secret@203.0.113.9/image")
    share(tenant, thing=template, account=home_of(other_tenant))

    assert "secret@203" in words(visit(tenant).get(page))
    seen = words(visit(other_tenant).get(page))
    assert "secret@203" not in seen
    assert "How it came here" not in seen


def test_the_page_that_explains_draws_the_share(visit: Visit, tenant: Actor, other_tenant: Actor) -> None:
    key = key_of(tenant)
    share(tenant, thing=key, account=home_of(other_tenant))

    page = words(visit(other_tenant).get("/explain/", {
        "user": other_tenant.name, "permission": "compute.view", "object": str(key.uuid)
    }))  # fmt: skip

    assert f"{other_tenant.name} may" in page
    assert "with which is shared" in page
    assert key.name in page
