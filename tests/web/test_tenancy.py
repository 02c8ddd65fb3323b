"""Domains and accounts in the pages: a domain's admin needs no other door."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cloudportal.jobs.models import Job
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Role, User
from tenants.services.accounts import create_account, lock_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.roles import create_role
from tenants.services.users import create_user
from tests import factories
from tests.factories import PASSWORD, Cloud
from tests.web.conftest import Visit, htmx, words

DIALOG = htmx("dialog-body")


def test_a_domain_admin_builds_a_branch_and_hands_it_over(visit: Visit, admin: Actor, home: Domain) -> None:
    client = visit(admin)

    made = client.post("/domains/new/", {"parent": home.uuid, "name": "lab"})
    lab = Domain.objects.get(name="lab", parent=home)
    assert made["Location"] == f"/domains/{lab.uuid}/"
    client.post("/accounts/new/", {"domain": lab.uuid, "name": "physics"})
    physics = Account.objects.get(name="physics", domain=lab)
    client.post("/users/new/", {"account": physics.uuid, "username": "marie", "password": PASSWORD, "email": ""})
    marie = User.objects.get(username="marie", account=physics)
    assert "No role yet" in words(client.get(f"/users/{marie.uuid}/"))
    permissions = ["compute.view", "compute.manage"]
    client.post("/roles/new/", {"domain": home.uuid, "name": "Starter", "permissions": permissions})
    starter = Role.objects.get(name="Starter", domain=home)
    client.post(f"/users/{marie.uuid}/grant/", {"role": starter.uuid, "place": physics.uuid})

    assert actor_of(marie).may("compute.manage", physics)
    assert not actor_of(marie).may("network.view")
    page = words(client.get(f"/users/{marie.uuid}/"))
    assert "Starter on physics" in page
    assert "No role yet" not in page
    assert "Starter" in words(client.get(f"/accounts/{physics.uuid}/"))


def test_the_tree_is_nested_and_a_search_is_a_list(visit: Visit, admin: Actor, home: Domain) -> None:
    north = create_domain(SYSTEM, name="north", parent=home)
    create_domain(SYSTEM, name="pole", parent=north)
    client = visit(admin)

    page = words(client.get("/domains/"))
    assert page.index(f">{home.name}</a>") < page.index(">north</a>") < page.index(">pole</a>")
    assert factories.root().name not in page.partition("<main")[2]
    found = words(client.get("/domains/?name=pol", headers=htmx("results")))

    assert f"{home.name} / north" in found
    assert "</table>" in found
    assert "Nothing matches" in words(client.get("/domains/?name=nowhere"))


def test_a_very_large_tree_shows_its_upper_part(
    visit: Visit, admin: Actor, home: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.web.domains.WHOLE_TREE", 2)
    north = create_domain(SYSTEM, name="north", parent=home)
    create_domain(SYSTEM, name="pole", parent=north)

    page = words(visit(admin).get("/domains/"))

    assert ">north</a>" in page
    assert ">pole</a>" not in page
    assert "There are many" in page


def test_a_domain_is_renamed_moved_suspended_and_activated(visit: Visit, admin: Actor, home: Domain) -> None:
    north, south = (create_domain(SYSTEM, name=name, parent=home) for name in ("north", "south"))
    client, address = visit(admin), f"/domains/{north.uuid}/"

    renamed = client.post(f"{address}rename/", {"name": "polar"}, headers=DIALOG)
    client.post(f"{address}move/", {"parent": south.uuid}, headers=DIALOG)
    client.post(f"{address}suspend/", headers=DIALOG)

    assert renamed["HX-Redirect"] == address
    north.refresh_from_db()
    assert (north.name, north.parent, north.state) == ("polar", south, "Suspended")
    assert "Suspended" in words(client.get(address))
    client.post(f"{address}activate/")
    north.refresh_from_db()
    assert north.state == "Active"


def test_what_a_move_refuses_stands_at_the_field(visit: Visit, admin: Actor, home: Domain) -> None:
    north = create_domain(SYSTEM, name="north", parent=home)
    below = create_domain(SYSTEM, name="below", parent=north)

    answer = visit(admin).post(f"/domains/{north.uuid}/move/", {"parent": below.uuid}, headers=DIALOG)

    assert answer.status_code == 422
    assert 'id="id_parent_error"' in words(answer)
    assert "below is north itself, or below it" in words(answer)


def test_a_domain_goes_with_everything_in_it_when_its_name_is_typed(visit: Visit, admin: Actor, home: Domain) -> None:
    north = create_domain(SYSTEM, name="north", parent=home)
    create_user(SYSTEM, account=create_account(SYSTEM, domain=north, name="a"), username="amundsen", password=PASSWORD)
    client, address = visit(admin), f"/domains/{north.uuid}/delete/"

    dialog = words(client.get(address, headers=DIALOG))
    assert "1 account, 1 user" in dialog
    wrong = client.post(address, {"typed_name": "south"}, headers=DIALOG)
    assert wrong.status_code == 422
    assert not Job.objects.exists()
    right = client.post(address, {"typed_name": "north"}, headers=DIALOG)

    assert right["HX-Redirect"] == "/domains/"
    assert "Removing" in words(client.get(f"/domains/{north.uuid}/"))
    factories.finished(Job.objects.get(parent=None, resource_uuid=north.uuid))
    part = client.get(f"/domains/{north.uuid}/", headers=htmx("domain"))
    assert (part.status_code, part["HX-Redirect"]) == (404, "/domains/")


def test_nobody_is_offered_what_is_decided_above_them(visit: Visit, admin: Actor, home: Domain) -> None:
    client, address = visit(admin), f"/domains/{home.uuid}/"

    page = words(client.get(address))

    assert f"{address}rename/" in page
    for action in ("move", "suspend", "delete"):
        assert f"{address}{action}/" not in page
    assert client.post(f"{address}suspend/", headers=DIALOG).status_code == 403
    assert client.get(f"{address}delete/", headers=DIALOG).status_code == 403


def test_an_account_is_locked_disabled_enabled_and_deleted(
    visit: Visit, admin: Actor, team: Account, member: User, cloud: Cloud
) -> None:
    factories.network(actor_of(member), cloud.zone)
    client, address = visit(admin), f"/accounts/{team.uuid}/"

    page = words(client.get(address))
    assert f'/networks/?account={team.uuid}"><strong>1</strong> network</a>' in page
    client.post(f"{address}lock/", headers=DIALOG)
    assert "nothing can be created or changed" in words(client.get(address))
    disabled = client.post(f"{address}disable/", headers=DIALOG)
    assert disabled["HX-Redirect"] == address
    factories.finished(Job.objects.get(title__startswith="Stop everything"))
    assert f"{address}enable/" in words(client.get(address))
    client.post(f"{address}enable/", headers=DIALOG)
    team.refresh_from_db()
    assert team.state == "Enabled"
    assert "1 network, 1 user" in words(client.get(f"{address}delete/", headers=DIALOG))
    client.post(f"{address}delete/", {"typed_name": "team"}, headers=DIALOG)

    factories.finished(Job.objects.get(title__startswith="Delete account"))
    assert client.get(address).status_code == 404
    assert client.get(address, headers=htmx(f"row--{team.uuid}"))["HX-Reswap"] == "delete"


def test_accounts_are_filtered_by_name_and_state(visit: Visit, admin: Actor, home: Domain, team: Account) -> None:
    lock_account(SYSTEM, account=team)
    client = visit(admin)

    assert "office" in words(client.get("/accounts/"))
    locked = words(client.get("/accounts/?state=Locked", headers=htmx("results")))

    assert ">team</a>" in locked
    assert "office" not in locked
    assert f"<strong>{home.name}</strong>" in words(client.get(f"/accounts/?domain={home.uuid}"))


def test_a_member_sees_their_own_page_and_nobody_elses(visit: Visit, member: User, team: Account) -> None:
    other = factories.user("member", of=team)
    client = visit(actor_of(member))

    assert "that is you" in words(client.get(f"/users/{member.uuid}/"))
    assert client.get(f"/users/{other.uuid}/").status_code == 404
    assert client.get(f"/users/{member.uuid}/edit/").status_code == 404
    assert client.get("/users/").status_code == 404
    menu = words(client.get("/"))
    assert 'href="/projects/"' in menu
    assert not any(f'href="/{page}/"' in menu for page in ("domains", "accounts", "users", "groups", "roles"))


def test_an_account_owner_is_led_to_what_is_theirs(visit: Visit, team: Account, member: User) -> None:
    owner = actor_of(factories.user("account_owner", of=team))
    client = visit(owner)

    page = words(client.get("/"))
    assert "/accounts/" in page
    assert 'href="/domains/"' not in page
    assert member.username in words(client.get("/users/"))
    account = words(client.get(f"/accounts/{team.uuid}/"))
    assert f"/users/new/?account={team.uuid}" in account
    assert f"/accounts/{team.uuid}/lock/" not in account
    assert f'href="/domains/{team.domain.uuid}/"' not in account
    assert "No domain is yours to see" in words(client.get("/domains/"))
    for noun in ("domains", "accounts", "groups", "roles"):
        assert client.get(f"/{noun}/new/").status_code == 404, noun


@pytest.mark.parametrize("noun", ["domains", "accounts", "users", "groups", "roles"])
def test_another_domain_s_admin_finds_nothing(visit: Visit, admin: Actor, noun: str) -> None:
    theirs = _something_of(noun)

    stranger = visit(admin)

    assert stranger.get(f"/{noun}/{theirs}/").status_code == 404
    assert str(theirs) not in words(stranger.get(f"/{noun}/"))
    assert str(theirs) not in words(stranger.get(f"/search/?q={theirs}")).replace(f'value="{theirs}"', "")


def _something_of(noun: str) -> UUID:
    person = factories.user("member")
    domain = person.account.domain
    made: dict[str, Any] = {
        "domains": domain,
        "accounts": person.account,
        "users": person,
        "groups": create_group(SYSTEM, domain=domain, name="theirs"),
        "roles": create_role(SYSTEM, domain=domain, name="Theirs", permissions=["compute.view"]),
    }
    return UUID(str(made[noun].uuid))


def test_search_finds_tenancy(visit: Visit, admin: Actor, home: Domain, member: User) -> None:
    page = words(visit(admin).get(f"/search/?q={member.username}", headers=htmx("palette-results")))

    assert f"/users/{member.uuid}/" in page
    assert f"/domains/{home.uuid}/" in words(visit(admin).get(f"/search/?q={home.name}"))


@pytest.mark.parametrize(
    "path", ["/domains/", "/accounts/", "/users/", "/groups/", "/roles/", "/grants/", "/domains/{home}/",
             "/accounts/{team}/", "/users/{member}/"]
)  # fmt: skip
def test_more_rows_cost_no_more_queries(
    visit: Visit, admin: Actor, home: Domain, team: Account, member: User, path: str
) -> None:
    address = path.format(home=home.uuid, team=team.uuid, member=member.uuid)
    client = visit(admin)
    client.get(address)
    few = _queries(client, address)
    for number in range(4):
        domain = create_domain(SYSTEM, name=f"d{number}", parent=home)
        create_account(SYSTEM, domain=home, name=f"a{number}")
        crew = create_group(SYSTEM, domain=home, name=f"g{number}")
        role = create_role(SYSTEM, domain=home, name=f"r{number}", permissions=["compute.view"])
        person = create_user(SYSTEM, account=team, username=f"u{number}", password=PASSWORD)
        add_member(SYSTEM, group=crew, user=member)
        for place in (domain, home, team):
            grant_role(SYSTEM, role=role, user=person, on=place)
            grant_role(SYSTEM, role=role, group=crew, on=place)

    assert _queries(client, address) <= few


def _queries(client: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)
