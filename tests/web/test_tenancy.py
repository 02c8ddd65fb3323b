"""Pages of tenancy: whoever manages a domain needs no other door."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cloudportal.jobs.models import Job
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Grant, Group, Role, User
from tenants.services.accounts import create_account, lock_account
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.groups import add_member, create_group
from tenants.services.lockouts import is_locked
from tenants.services.roles import create_role
from tenants.services.users import create_user
from tests import factories
from tests.factories import PASSWORD, Cloud
from tests.signin.conftest import Browser
from tests.web.conftest import Visit, htmx, words

DIALOG = htmx("dialog-body")


@pytest.fixture
def home(db: None) -> Domain:
    """A domain that the admin manages."""
    return create_domain(SYSTEM, name=factories.unique("acme"), parent=factories.root())


@pytest.fixture
def admin(home: Domain) -> Actor:
    office = create_account(SYSTEM, domain=home, name="office")
    return actor_of(factories.user("domain_admin", of=office, on=home))


@pytest.fixture
def team(home: Domain) -> Account:
    return create_account(SYSTEM, domain=home, name="team")


@pytest.fixture
def member(team: Account) -> User:
    return factories.user("member", of=team)


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


def test_a_user_is_edited_disabled_enabled_and_deleted(visit: Visit, admin: Actor, member: User) -> None:
    client, address = visit(admin), f"/users/{member.uuid}/"

    client.post(f"{address}edit/", {"username": "ada", "email": "ada@example.org", "first_name": "Ada"})
    assert "ada@example.org" in words(client.get(address))
    client.post(f"{address}disable/", headers=DIALOG)
    page = words(client.get(address))
    assert "User ada is disabled." in page
    assert f"{address}enable/" in page
    client.post(f"{address}enable/", headers=DIALOG)
    client.post(f"{address}password/", {"password": "another-good-horse"}, headers=DIALOG)
    member.refresh_from_db()
    assert member.is_active
    assert member.check_password("another-good-horse")
    gone = client.post(f"{address}delete/", headers=DIALOG)

    assert gone["HX-Redirect"] == "/users/"
    assert not User.objects.filter(pk=member.pk).exists()


def test_an_admin_unlocks_somebody_and_signs_them_out(visit: Visit, settings: Any, admin: Actor, member: User) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_USER = 2
    theirs, client, address = visit(actor_of(member)), visit(admin), f"/users/{member.uuid}/"
    assert f"{address}unlock/" not in words(client.get(address))
    for _ in range(3):
        Browser().sign_in(member, "nonsense")

    assert "too many attempts failed" in words(client.get(address))
    client.post(f"{address}unlock/", headers=DIALOG)
    assert not is_locked(member)
    assert theirs.get("/profile/").status_code == 200
    client.post(f"{address}sign-out/", headers=DIALOG)
    assert theirs.get("/profile/").status_code == 302
    none = client.post(f"{address}reset-factors/", headers=DIALOG)

    assert none.status_code == 409
    assert "has no second factor" in words(none)


def test_a_weak_password_stands_at_its_field(visit: Visit, admin: Actor, team: Account) -> None:
    answer = visit(admin).post("/users/new/", {"account": team.uuid, "username": "bob", "password": "123"})

    assert answer.status_code == 422
    assert 'id="id_password_error"' in words(answer)
    assert "123" not in words(answer).partition('name="password"')[2][:200]
    assert not User.objects.filter(username="bob").exists()


def test_who_may_do_more_is_left_alone(visit: Visit, admin: Actor, team: Account) -> None:
    mighty = factories.user("root_admin", of=team, on=factories.root())

    answer = visit(admin).post(f"/users/{mighty.uuid}/password/", {"password": PASSWORD}, headers=DIALOG)

    assert answer.status_code == 403
    assert "who may do more than you" in words(answer)


def test_members_join_and_leave_a_group(visit: Visit, admin: Actor, home: Domain, team: Account, member: User) -> None:
    client = visit(admin)

    client.post("/groups/new/", {"domain": home.uuid, "name": "crew", "description": "at work"})
    crew = Group.objects.get(name="crew")
    address = f"/groups/{crew.uuid}/"
    client.post(f"{address}add-member/", {"user": member.username}, headers=DIALOG)
    reader = Role.objects.get(code="reader")
    client.post(f"{address}grant/", {"role": reader.uuid, "place": home.uuid}, headers=DIALOG)
    page = words(client.get(address))
    assert member.username in page
    assert "Read-only member" in page
    assert "crew" in words(client.get(f"/users/{member.uuid}/"))
    client.post(f"{address}edit/", {"name": "staff", "description": ""}, headers=DIALOG)
    taken = f"{address}remove-member/?user={member.uuid}"
    assert member.username in words(client.get(taken, headers=DIALOG))
    client.post(taken, headers=DIALOG)
    assert "Nobody is in it" in words(client.get(address))
    assert client.get(taken, headers=DIALOG).status_code == 404
    client.post(f"{address}delete/", headers=DIALOG)

    assert not Group.objects.filter(pk=crew.pk).exists()
    assert actor_of(member).may("compute.manage", team)


def test_users_of_elsewhere_are_no_names_to_choose(visit: Visit, admin: Actor, home: Domain) -> None:
    crew = create_group(SYSTEM, domain=home, name="crew")
    stranger = factories.user("member")
    client = visit(admin)

    foreign = client.post(f"/groups/{crew.uuid}/add-member/", {"user": stranger.username}, headers=DIALOG)
    missing = client.post(f"/groups/{crew.uuid}/add-member/", {"user": "nobody-at-all"}, headers=DIALOG)

    assert foreign.status_code == missing.status_code == 422
    for answer in (foreign, missing):
        assert "There is no user of that name." in words(answer)
    assert f'<option value="{stranger.username}">' not in words(missing)


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
