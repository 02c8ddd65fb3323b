"""Roles, grants, and why somebody may, in the pages."""

from __future__ import annotations

from uuid import uuid4

from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Grant, Role, User
from tenants.services.accounts import lock_account
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.roles import create_role
from tenants.services.users import create_user
from tests import factories
from tests.factories import PASSWORD, Cloud
from tests.web.conftest import Visit, htmx, words

DIALOG = htmx("dialog-body")


def test_the_matrix_opens_what_its_author_has(visit: Visit, home: Domain, team: Account) -> None:
    some = ["roles.view", "roles.manage", "compute.view"]
    limited = create_role(SYSTEM, domain=home, name="Little", permissions=some)
    author = create_user(SYSTEM, account=team, username="author", password=PASSWORD)
    grant_role(SYSTEM, role=limited, user=author, on=home)
    client = visit(actor_of(author))

    matrix = words(client.get(f"/roles/new/?domain={home.uuid}&permissions=compute.view", headers=htmx("matrix")))

    assert _tick(matrix, "compute.view") == " checked"
    assert _tick(matrix, "compute.manage") == " disabled"
    assert _tick(matrix, "infrastructure.view") == " disabled"
    beyond = {"domain": home.uuid, "name": "More", "permissions": ["compute.manage"]}
    answer = client.post("/roles/new/", beyond)
    assert answer.status_code == 403
    assert "which you do not have there" in words(answer)
    nothing = client.post("/roles/new/", {"domain": home.uuid, "name": "None"})
    assert "Tick at least one." in words(nothing)
    assert set(Role.objects.filter(domain=home)) == {limited}


def _tick(page: str, name: str) -> str:
    """What stands at the end of a box: checked or disabled."""
    box = page.partition(f'value="{name}"')[2].partition(">")[0]
    return box.rpartition('"')[2]


def test_a_role_is_cloned_edited_and_deleted(visit: Visit, admin: Actor, home: Domain, member: User) -> None:
    client, reader = visit(admin), Role.objects.get(code="reader")

    cloned = client.post(f"/roles/{reader.uuid}/clone/", {"domain": home.uuid, "name": "Looker"}, headers=DIALOG)
    looker = Role.objects.get(name="Looker", domain=home)
    assert cloned["HX-Redirect"] == f"/roles/{looker.uuid}/"
    form = words(client.get(f"/roles/{looker.uuid}/edit/"))
    assert _tick(form, "network.view") == " checked"
    assert _tick(form, "network.manage") == ""
    client.post(f"/roles/{looker.uuid}/edit/", {"name": "Looker", "permissions": ["network.view"]})
    looker.refresh_from_db()
    assert looker.permissions == ["network.view"]
    grant_role(SYSTEM, role=looker, user=member, on=home)
    kept = client.post(f"/roles/{looker.uuid}/delete/", headers=DIALOG)
    assert "is granted 1 time" in words(kept)
    client.post(f"/roles/{looker.uuid}/delete/", {"force": "on"}, headers=DIALOG)

    assert not Role.objects.filter(pk=looker.pk).exists()
    assert client.get(f"/roles/{reader.uuid}/edit/").status_code == 409
    assert "/edit/" not in words(client.get(f"/roles/{reader.uuid}/")).partition("<main")[2]


def test_a_role_is_granted_on_a_place_and_revoked_where_it_is_shown(
    visit: Visit, admin: Actor, home: Domain, member: User
) -> None:
    client, auditor = visit(admin), Role.objects.get(code="auditor")

    dialog = words(client.get(f"/domains/{home.uuid}/grant/", headers=DIALOG))
    assert f'<option value="{member.username}">' in dialog
    assert "Root admin" not in dialog
    neither = client.post(f"/domains/{home.uuid}/grant/", {"role": auditor.uuid}, headers=DIALOG)
    assert 'id="id_user_error"' in words(neither)
    client.post(f"/domains/{home.uuid}/grant/", {"role": Role.objects.get(code="reader").uuid, "user": member.username})
    grant = Grant.objects.get(user=member, domain=home)
    assert "Inherited from above" in words(client.get(f"/accounts/{member.account.uuid}/"))
    assert member.username in words(client.get(f"/grants/?domain={home.uuid.hex}", headers=htmx("results")))
    here = {**DIALOG, "HX-Current-URL": f"http://testserver/domains/{home.uuid}/"}
    revoked = client.post(f"/grants/{grant.uuid}/revoke/", headers=here)

    assert revoked["HX-Redirect"] == f"/domains/{home.uuid}/"
    assert not Grant.objects.filter(user=member, domain=home).exists()


def test_what_one_has_not_cannot_be_granted_from_any_form(visit: Visit, home: Domain, team: Account) -> None:
    owner = actor_of(factories.user("account_owner", of=team))
    friend = create_user(SYSTEM, account=team, username="friend", password=PASSWORD)
    admin_role = Role.objects.get(code="domain_admin")

    answer = visit(owner).post(f"/accounts/{team.uuid}/grant/", {"user": "friend", "role": admin_role.uuid})

    assert answer.status_code == 422
    assert "That can&#x27;t be chosen." in words(answer)
    assert not Grant.objects.filter(user=friend).exists()


def test_explain_draws_the_way_through_a_group(visit: Visit, admin: Actor, home: Domain, member: User) -> None:
    crew = create_group(SYSTEM, domain=home, name="crew")
    add_member(SYSTEM, group=crew, user=member)
    grant_role(SYSTEM, role="auditor", group=crew, on=home)
    asked = f"/explain/?user={member.username}&permission=accounting.view&place={member.account.uuid}"

    page = words(visit(admin).get(asked))

    assert f"{member.username} may, on team" in page
    chain = page.partition('class="chain"')[2]
    steps = [f"/users/{member.uuid}/", f"/groups/{crew.uuid}/", "Auditor", f"/domains/{home.uuid}/", "which is above"]
    places = [chain.index(step) for step in steps]
    assert places == sorted(places)


def test_explain_says_what_is_in_the_way(visit: Visit, admin: Actor, team: Account, member: User) -> None:
    lock_account(SYSTEM, account=team)
    client, person = visit(admin), f"user={member.username}"

    locked = words(client.get(f"/explain/?{person}&permission=compute.manage&place={team.uuid}"))
    none = words(client.get(f"/explain/?{person}&permission=tenancy.manage&place={team.uuid}"))

    assert "may not" in locked
    assert "is locked" in locked
    assert "No role that" in none


def test_explain_answers_about_a_thing_and_about_oneself(visit: Visit, member: User, cloud: Cloud) -> None:
    network = factories.network(actor_of(member), cloud.zone)
    client = visit(actor_of(member))

    own = words(client.get(f"/explain/?user={member.username}&permission=network.manage&object={network.uuid}"))
    missing = client.get(f"/explain/?user={member.username}&permission=network.manage&object={uuid4()}")

    assert f"{member.username} may, on team" in own
    assert missing.status_code == 422
    assert "There is no such thing." in words(missing)
