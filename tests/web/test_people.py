"""Users and groups in the pages."""

from __future__ import annotations

from typing import Any

from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Domain, Group, Role, User
from tenants.services.groups import create_group
from tenants.services.lockouts import is_locked
from tests import factories
from tests.factories import PASSWORD
from tests.signin.conftest import Browser
from tests.web.conftest import Visit, htmx, words

DIALOG = htmx("dialog-body")


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
