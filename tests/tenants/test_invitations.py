"""Invitations into projects: by mail, for one address, until a day."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from cloudportal.core import clock
from cloudportal.core.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from cloudportal.core.models import Event
from cloudportal.jobs.inline import run_until_over
from cloudportal.jobs.services import start
from tenants import selectors
from tenants.actor import SYSTEM, Actor, actor_of
from tenants.models import Account, Grant, OutgoingMail, Project, ProjectInvitation, User
from tenants.scope import KeyScope
from tenants.services import project_invitations
from tenants.services.accounts import lock_account
from tenants.services.project_invitations import (
    InvitationExpired,
    TooManyInvitations,
    accept_invitation,
    decline_invitation,
    invitation_of,
    invite_to_project,
    resend_invitation,
    revoke_invitation,
)
from tenants.services.projects import create_project, delete_project, suspend_project
from tenants.services.roles import create_role
from tenants.services.settings import change_setting
from tenants.settings import INVITATION_DAYS, INVITATION_NEEDS_LINK
from tenants.standing import AccountLocked, ProjectSuspended
from tenants.workflows import EXPIRE_INVITATIONS
from tests import factories
from tests.conftest import RunJobs

pytestmark = pytest.mark.django_db
ADDRESS = "ann@example.org"


@pytest.fixture
def home() -> Account:
    return factories.account()


@pytest.fixture
def project(home: Account) -> Project:
    return create_project(SYSTEM, owner=home, name="apollo")


@pytest.fixture
def boss(home: Account, project: Project) -> Actor:
    """Who manages the owner's projects."""
    return actor_of(factories.user("account_owner", of=home))


@pytest.fixture
def ann() -> User:
    """Somebody of another account."""
    return known_as("Ann@Example.org")


def known_as(address: str, of: Account | None = None) -> User:
    person = factories.user("member", of)
    User.objects.filter(pk=person.pk).update(email=address)
    return User.objects.get(pk=person.pk)


def link_to(token: str) -> str:
    return f"https://portal.example/invitations/{token}/"


def invite(actor: Actor, project: Project, email: str = ADDRESS, **more: Any) -> ProjectInvitation:
    return invite_to_project(actor, project=project, email=email, link_to=link_to, **more)


def last_token() -> str:
    found = re.search(r"/invitations/([\w-]+)/", OutgoingMail.objects.latest("id").body)
    assert found
    return found[1]


def over(invitation: ProjectInvitation) -> ProjectInvitation:
    """As it is after its time, when no job has noticed yet."""
    ProjectInvitation.objects.filter(pk=invitation.pk).update(expires_at=clock.now() - timedelta(seconds=1))
    return fresh(invitation)


def fresh(invitation: ProjectInvitation) -> ProjectInvitation:
    return ProjectInvitation.objects.select_related("project__account__domain", "project__owner", "role").get(
        pk=invitation.pk
    )


def test_who_is_invited_gets_a_mail_and_joins(boss: Actor, project: Project, ann: User, run_jobs: RunJobs) -> None:
    invitation = invite(boss, project, " ANN@example.org ")
    token = last_token()
    run_jobs()

    assert (invitation.email, invitation.role.code, invitation.state) == (ADDRESS, "project_member", "Pending")
    (sent,) = mail.outbox
    assert sent.to == [ADDRESS]
    assert "Invitation to the project “apollo”" in sent.subject
    assert f"{boss.name} invites you to work on the project “apollo” as Project member" in sent.body
    assert link_to(token) in sent.body
    actor = actor_of(ann)
    assert list(selectors.own_invitations(actor)) == [invitation]
    assert invitation_of(actor, token) == invitation
    accept_invitation(actor, invitation=invitation, token=token)

    assert actor_of(ann).may("compute.manage", project.account)
    assert fresh(invitation).state == "Accepted"
    assert list(selectors.own_invitations(actor)) == []
    assert [event.action for event in Event.objects.filter(account_id=project.account_id).order_by("id")] == [
        "tenants.create_project", "tenants.invite_to_project", "tenants.accept_invitation",
    ]  # fmt: skip


def test_of_the_token_only_a_hash_is_kept(boss: Actor, project: Project) -> None:
    invitation = invite(boss, project)

    token = last_token()
    assert token not in str(ProjectInvitation.objects.filter(pk=invitation.pk).values())
    events = Event.objects.values_list("message", "details", "before", "after")
    assert token not in str(list(events))
    assert invitation.token_hash not in str(list(events))


def test_an_address_tells_nothing_about_users(boss: Actor, project: Project, ann: User) -> None:
    known, unknown = invite(boss, project, ADDRESS), invite(boss, project, "nobody@example.org")

    assert OutgoingMail.objects.count() == 2
    assert (known.state, known.invited_by_id) == (unknown.state, unknown.invited_by_id)
    texts = [one.body.replace(one.address, "") for one in OutgoingMail.objects.order_by("id")]
    assert re.sub(r"/invitations/\S+", "", texts[0])[:80] == re.sub(r"/invitations/\S+", "", texts[1])[:80]


def test_foreign_invitations_do_not_exist(boss: Actor, project: Project) -> None:
    invitation, token = invite(boss, project), last_token()
    stranger = actor_of(known_as("bob@example.org"))

    assert not selectors.project_invitations(stranger).exists()
    for attempt in (
        lambda: invitation_of(stranger, token),
        lambda: invitation_of(stranger, "never-was"),
        lambda: accept_invitation(stranger, invitation=invitation, token=token),
        lambda: decline_invitation(stranger, invitation=invitation, token=token),
        lambda: revoke_invitation(stranger, invitation=invitation),
        lambda: resend_invitation(stranger, invitation=invitation, link_to=link_to),
        lambda: invite(stranger, project, "x@example.org"),
    ):
        with pytest.raises(NotFound):
            attempt()
    assert fresh(invitation).state == "Pending"


def test_letters_that_look_alike_are_others(boss: Actor, project: Project) -> None:
    invitation = invite(boss, project, "k@kelvin.example")

    with pytest.raises(NotFound):
        accept_invitation(actor_of(known_as("k@\u212aelvin.example")), invitation=invitation, token=last_token())


def test_an_address_alone_opens_nothing(boss: Actor, project: Project, ann: User) -> None:
    """Whoever manages an account gives its users any address; that is no proof that the mail reaches them."""
    invitation = invite(boss, project)

    for answer in (accept_invitation, decline_invitation):
        for token in ("", "guessed"):
            with pytest.raises(InvalidInput) as refusal:
                answer(actor_of(ann), invitation=invitation, token=token)
            assert list(refusal.value.errors) == ["token"]
    assert fresh(invitation).state == "Pending"
    assert not actor_of(ann).may("compute.view", project.account)


def test_users_of_the_owner_need_no_link(boss: Actor, home: Account, project: Project) -> None:
    invitation = invite(boss, project)
    person = known_as(ADDRESS, of=home)

    accept_invitation(actor_of(person), invitation=invitation)

    assert actor_of(person).may("compute.manage", project.account)


def test_a_domain_may_trust_its_addresses(boss: Actor, home: Account, project: Project, ann: User) -> None:
    change_setting(SYSTEM, setting=INVITATION_NEEDS_LINK, value=False, place=home.domain)
    invitation = invite(boss, project)

    accept_invitation(actor_of(ann), invitation=invitation)

    assert fresh(invitation).state == "Accepted"


def test_an_expired_invitation_says_so_with_a_code(boss: Actor, project: Project, ann: User) -> None:
    invitation, token = over(invite(boss, project)), last_token()

    for answer in (accept_invitation, decline_invitation):
        with pytest.raises(InvitationExpired) as refusal:
            answer(actor_of(ann), invitation=invitation, token=token)
        assert refusal.value.code == "invitation-expired"
    assert list(selectors.own_invitations(actor_of(ann))) == []
    run_until_over(start(SYSTEM, EXPIRE_INVITATIONS), hurry=True)
    assert fresh(invitation).state == "Expired"
    for answer in (accept_invitation, revoke_invitation):
        with pytest.raises(InvitationExpired):
            answer(actor_of(ann) if answer is accept_invitation else boss, invitation=fresh(invitation))
    with pytest.raises(InvitationExpired):
        invitation_of(actor_of(ann), token)
    assert not Grant.objects.filter(account=project.account).exists()


def test_what_ended_long_ago_is_forgotten(boss: Actor, project: Project) -> None:
    old, late = (invite(boss, project, f"{name}@example.org") for name in ("old", "late"))
    for invitation, days in ((old, 91), (late, 89)):
        ended = clock.now() - timedelta(days=days)
        ProjectInvitation.objects.filter(pk=invitation.pk).update(expires_at=ended, state="Declined")

    run_until_over(start(SYSTEM, EXPIRE_INVITATIONS), hurry=True)

    assert list(ProjectInvitation.objects.values_list("email", flat=True)) == ["late@example.org"]


def test_how_long_it_lasts_is_for_the_domain_to_say(boss: Actor, home: Account, project: Project) -> None:
    change_setting(SYSTEM, setting=INVITATION_DAYS, value=2, place=home.domain)

    left = invite(boss, project).expires_at - clock.now()

    assert timedelta(days=1, hours=23) < left <= timedelta(days=2)


def test_accepting_twice_is_one_grant(boss: Actor, project: Project, ann: User) -> None:
    invitation, token = invite(boss, project), last_token()
    accept_invitation(actor_of(ann), invitation=invitation, token=token)

    with pytest.raises(Conflict, match="is Accepted"):
        accept_invitation(actor_of(ann), invitation=fresh(invitation), token=token)
    with pytest.raises(Conflict, match="is Accepted"):
        decline_invitation(actor_of(ann), invitation=fresh(invitation), token=token)

    assert Grant.objects.filter(account=project.account).count() == 1


def test_what_was_declined_or_revoked_is_over(boss: Actor, project: Project, ann: User) -> None:
    declined, token = invite(boss, project), last_token()
    decline_invitation(actor_of(ann), invitation=declined, token=token)
    revoked, later = invite(boss, project), last_token()
    revoke_invitation(boss, invitation=revoked)

    for invitation, word, link in ((declined, "Declined", token), (revoked, "Revoked", later)):
        with pytest.raises(Conflict, match=f"is {word}"):
            accept_invitation(actor_of(ann), invitation=fresh(invitation), token=link)
    assert not actor_of(ann).may("compute.view", project.account)


def test_sent_again_it_has_another_link_and_lives_on(boss: Actor, project: Project, ann: User) -> None:
    invitation, old = over(invite(boss, project)), last_token()
    with pytest.raises(Conflict, match="a moment ago"):
        resend_invitation(boss, invitation=invitation, link_to=link_to)
    ProjectInvitation.objects.update(sent_at=clock.now() - timedelta(minutes=2), state="Expired")

    resend_invitation(boss, invitation=fresh(invitation), link_to=link_to)

    assert last_token() != old
    with pytest.raises(NotFound):
        invitation_of(actor_of(ann), old)
    with pytest.raises(InvalidInput):
        accept_invitation(actor_of(ann), invitation=fresh(invitation), token=old)
    accept_invitation(actor_of(ann), invitation=fresh(invitation), token=last_token())


def test_an_address_is_invited_once_at_a_time(boss: Actor, project: Project) -> None:
    first = invite(boss, project)

    with pytest.raises(InvalidInput) as refusal:
        invite(boss, project, ADDRESS.upper())
    assert list(refusal.value.errors) == ["email"]
    assert OutgoingMail.objects.count() == 1
    over(first)
    assert invite(boss, project).pk != first.pk
    assert fresh(first).state == "Expired"
    ProjectInvitation.objects.update(sent_at=clock.now() - timedelta(minutes=2))
    with pytest.raises(InvalidInput, match="invited already"):
        resend_invitation(boss, invitation=fresh(first), link_to=link_to)


@pytest.mark.parametrize("address", ["", "ann", "ann@", "a@b@c.example", "x" * 250 + "@example.org", "a\x00@b.example"])
def test_an_address_must_be_one(boss: Actor, project: Project, address: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        invite(boss, project, address)

    assert list(refusal.value.errors) == ["email"]
    assert not OutgoingMail.objects.exists()


def test_nobody_invites_beyond_what_they_have(boss: Actor, home: Account, project: Project) -> None:
    admin = actor_of(factories.user("project_admin", on=project.account))
    member = actor_of(factories.user("project_member", on=project.account))
    auditing = create_role(SYSTEM, domain=home.domain, name="a", permissions=["audit.export"])

    with pytest.raises(PermissionDenied):
        invite(member, project)
    for role in ("account_owner", "auditor", auditing):
        with pytest.raises(PermissionDenied):
            invite(admin, project, role=role)
    with pytest.raises(InvalidInput) as refusal:
        invite(boss, project, role="root_admin")
    assert list(refusal.value.errors) == ["role"]
    assert invite(admin, project, role="project_admin").role.code == "project_admin"


def test_only_so_many_are_pending_and_sent(boss: Actor, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_invitations, "MOST_PENDING", 2)
    monkeypatch.setattr(project_invitations, "MOST_A_DAY", 3)
    first = invite(boss, project, "a@example.org")
    invite(boss, project, "b@example.org")
    with pytest.raises(TooManyInvitations, match="2 invitations are pending"):
        invite(boss, project, "c@example.org")

    revoke_invitation(boss, invitation=first)
    second = invite(boss, project, "c@example.org")
    revoke_invitation(boss, invitation=second)

    with pytest.raises(TooManyInvitations, match="within a day"):
        invite(boss, project, "d@example.org")


def test_nobody_is_invited_where_nothing_may_grow(boss: Actor, home: Account, project: Project) -> None:
    invitation = invite(boss, project)
    suspend_project(boss, project=project)
    with pytest.raises(ProjectSuspended):
        invite(boss, project, "b@example.org")
    revoke_invitation(boss, invitation=invitation)
    other = create_project(boss, owner=home, name="gemini")
    lock_account(SYSTEM, account=home)
    with pytest.raises(AccountLocked):
        invite(actor_of(User.objects.get(pk=boss.user_id)), other, "b@example.org")


def test_invitations_end_with_the_project(boss: Actor, project: Project, ann: User, run_jobs: RunJobs) -> None:
    invitation, token = invite(boss, project), last_token()
    delete_project(boss, project=project)
    with pytest.raises(Conflict, match="is removing"):
        accept_invitation(actor_of(ann), invitation=invitation, token=token)
    run_jobs()

    assert fresh(invitation).state == "Revoked"
    with pytest.raises(Conflict, match="is Revoked"):
        accept_invitation(actor_of(ann), invitation=fresh(invitation), token=token)


def test_a_narrowed_key_answers_nothing(boss: Actor, project: Project, ann: User) -> None:
    invitation, token = invite(boss, project), last_token()
    narrow = actor_of(ann, KeyScope(1, permissions=frozenset({"compute.view"})))

    with pytest.raises(PermissionDenied, match="narrowed"):
        accept_invitation(narrow, invitation=invitation, token=token)


def test_a_role_that_goes_takes_its_invitations_along(boss: Actor, home: Account, project: Project) -> None:
    role = create_role(SYSTEM, domain=home.domain, name="looker", permissions=["compute.view"])
    invitation = invite(boss, project, role=role)

    role.delete()

    assert not ProjectInvitation.objects.filter(pk=invitation.pk).exists()
