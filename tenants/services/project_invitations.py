"""Inviting into projects by e-mail: invite, send again, revoke; and what is invited accepts or declines.

Nothing here tells whether a user has the address. Addresses of users are what their account's managers wrote, so an
answer takes the token of the mail too: whoever gives a user of their own somebody else's address sees that there is an
invitation, and can't make use of it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from hmac import compare_digest

from django.db import transaction

from cloudportal.core import clock, events
from cloudportal.core.configuration import value_of
from cloudportal.core.errors import Conflict, InvalidInput, LimitExceeded, NotFound
from cloudportal.core.lifecycle import Move
from cloudportal.core.models import Event
from cloudportal.core.writing import check_fields, constraints_as_messages, insert
from tenants.acting import refuse_narrowed_keys
from tenants.actor import Actor
from tenants.locks import lock_grant
from tenants.might import refuse_beyond
from tenants.models import Project, ProjectInvitation, Role, User
from tenants.people import normal_address
from tenants.services.grants import give_role, hold_place, role_at
from tenants.services.mails import send_mail
from tenants.settings import INVITATION_DAYS, INVITATION_NEEDS_LINK
from tenants.states import INVITATION

MOST_PENDING, MOST_A_DAY = 50, 200
SENT_AGAIN_AFTER = timedelta(minutes=1)
# From a token to the address of the page that answers it; doors know where that is.
LinkTo = Callable[[str], str]


class InvitationExpired(Conflict):
    """It was not answered in time."""

    code = "invitation-expired"
    title = "The invitation has expired"


class TooManyInvitations(LimitExceeded):
    """The project invited as many as it may for now."""

    code = "too-many-invitations"
    title = "The project has invited many already"


def invite_to_project(
    actor: Actor, *, project: Project, email: str, link_to: LinkTo, role: Role | str = "project_member"
) -> ProjectInvitation:
    """Ask whoever has an address to join a project, by mail.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project, or has less than the role there.
        InvalidInput: the address is malformed or invited already, or there is no such role there.
        TooManyInvitations: too many are pending, or were made today.
        ProjectSuspended, AccountLocked, AccountDisabled, DomainSuspended, Conflict: nobody can join it now.
    """
    account = project.account
    actor.require("projects.manage", account)
    row = role_at(role, account)
    refuse_beyond(actor, row.permissions, account, verb="give")
    invitation = ProjectInvitation(project=project, email=normal_address(email), role=row)
    invitation.invited_by_id = actor.user_id
    check_fields(invitation, only={"email"})
    token = _renew(invitation)
    with transaction.atomic():
        # What ended makes room for another, also before anybody has written so.
        _expire(project, invitation.email)
        hold_place(account)
        _refuse_many(project)
        insert(invitation)
        words = f"{invitation.email} is invited to project {project} as {row}."
        _record(actor, "tenants.invite_to_project", invitation, words)
        _send(invitation, link_to(token), by=actor.name)
    return invitation


def resend_invitation(actor: Actor, *, invitation: ProjectInvitation, link_to: LinkTo) -> ProjectInvitation:
    """Send an invitation with another link, good for as long as a new one. The link before is good no more.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project, or has less than the role there.
        InvalidInput: the address was invited anew meanwhile.
        Conflict: it is answered or revoked, or was sent a moment ago; or nobody can join the project now.
    """
    project = invitation.project
    actor.require("projects.manage", project.account)
    refuse_beyond(actor, invitation.role.permissions, project.account, verb="give")
    with transaction.atomic():
        _begin(INVITATION.resend, invitation)
        if invitation.sent_at > clock.now() - SENT_AGAIN_AFTER:
            raise Conflict("That invitation was sent a moment ago; wait a minute.")
        token = _renew(invitation)
        invitation.state = INVITATION.resend.done
        with constraints_as_messages(ProjectInvitation):
            invitation.save(update_fields=["token_hash", "expires_at", "sent_at", "state"])
        _record(actor, "tenants.resend_invitation", invitation, f"The invitation of {invitation.email} was sent again.")
        _send(invitation, link_to(token), by=actor.name)
    return invitation


def revoke_invitation(actor: Actor, *, invitation: ProjectInvitation) -> ProjectInvitation:
    """Take an invitation back.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the project.
        Conflict: it is answered, revoked or over already.
    """
    actor.require("projects.manage", invitation.project.account, even_locked=True)
    with transaction.atomic():
        _begin(INVITATION.revoke, invitation)
        INVITATION.revoke.settle(invitation, succeeded=True)
        words = f"The invitation of {invitation.email} to project {invitation.project} was revoked."
        _record(actor, "tenants.revoke_invitation", invitation, words)
    return invitation


def accept_invitation(actor: Actor, *, invitation: ProjectInvitation, token: str = "") -> ProjectInvitation:
    """Join the project with the role.

    Raises:
        NotFound: the invitation is not to the actor's address.
        PermissionDenied: the actor uses a key that is narrowed.
        InvalidInput: it takes the link of the mail, and `token` is not that of the last one.
        InvitationExpired: it was not answered in time.
        Conflict: it is answered or revoked already, or the project is being removed.
    """
    user = _addressee(actor, invitation)
    with transaction.atomic():
        # The order of all grants: role, who gets it, and last the place.
        role = lock_grant(invitation.role, user)
        _answer(INVITATION.accept, invitation, user, token)
        account = invitation.project.account
        give_role(actor, role=role, on=account, user=user)
        INVITATION.accept.settle(invitation, succeeded=True)
        words = f"{user} accepted the invitation to project {invitation.project}."
        _record(actor, "tenants.accept_invitation", invitation, words)
    return invitation


def decline_invitation(actor: Actor, *, invitation: ProjectInvitation, token: str = "") -> ProjectInvitation:
    """Say no; the refusals of `accept_invitation`."""
    user = _addressee(actor, invitation)
    with transaction.atomic():
        _answer(INVITATION.decline, invitation, user, token)
        INVITATION.decline.settle(invitation, succeeded=True)
        words = f"{user} declined the invitation to project {invitation.project}."
        _record(actor, "tenants.decline_invitation", invitation, words)
    return invitation


def invitation_of(actor: Actor, token: str) -> ProjectInvitation:
    """The invitation that a link leads to, for whom it is for.

    Raises:
        NotFound: there is none, or it is for another address.
        InvitationExpired: it was not answered in time.
    """
    rows = ProjectInvitation.objects.select_related("project__account__domain", "project__owner", "role", "invited_by")
    found = rows.filter(token_hash=_hash(token)).first()
    if found is None:
        raise NotFound
    _user(actor, found)
    if found.state == "Expired" or (found.state == "Pending" and found.expires_at <= clock.now()):
        raise _expired(found)
    return found


def needs_link(user: User, invitation: ProjectInvitation) -> bool:
    """Whether an answer takes the token of the mail. Users of the owner have the addresses that it gave them."""
    project = invitation.project
    return user.account_id != project.owner_id and value_of(INVITATION_NEEDS_LINK, project.account)


def _addressee(actor: Actor, invitation: ProjectInvitation) -> User:
    user = _user(actor, invitation)
    refuse_narrowed_keys(actor)
    return user


def _user(actor: Actor, invitation: ProjectInvitation) -> User:
    user = User.objects.filter(pk=actor.user_id or 0).first()
    if user is None or normal_address(user.email) != invitation.email:
        raise NotFound
    return user


def _answer(move: Move, invitation: ProjectInvitation, user: User, token: str) -> None:
    """Begin an answer, with the row as it is now and nobody else's until the transaction ends."""
    _begin(move, invitation)
    if invitation.expires_at <= clock.now():
        raise _expired(invitation)
    if token or needs_link(user, invitation):
        if not token:
            raise InvalidInput(
                {"token": f"Open the link in the mail to {invitation.email}: it shows that it is yours."}
            )
        if not compare_digest(invitation.token_hash, _hash(token)):
            raise InvalidInput({"token": "That is not the link of the last mail."})


def _begin(move: Move, invitation: ProjectInvitation) -> None:
    try:
        move.begin(invitation)
    except Conflict:
        if invitation.state == "Expired":
            raise _expired(invitation) from None
        raise
    invitation.refresh_from_db(fields=["state", "expires_at", "sent_at", "token_hash"])


def _expired(invitation: ProjectInvitation) -> InvitationExpired:
    words = f"The invitation to project {invitation.project} has expired. Ask for another."
    return InvitationExpired(words, state="Expired", expired_at=invitation.expires_at.isoformat())


def _refuse_many(project: Project) -> None:
    """Under the lock of the project's account, so that they are counted by one at a time."""
    rows = ProjectInvitation.objects.filter(project=project)
    if rows.filter(state="Pending").count() >= MOST_PENDING:
        raise TooManyInvitations(f"{MOST_PENDING} invitations are pending; revoke some, or wait for answers.")
    if rows.filter(created_at__gt=clock.now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManyInvitations(f"{MOST_A_DAY} people were invited within a day; go on tomorrow.")


def _expire(project: Project, email: str) -> None:
    rows = ProjectInvitation.objects.filter(project=project, email=email, state="Pending")
    rows.filter(expires_at__lte=clock.now()).update(state=INVITATION.expire.done)


def _renew(invitation: ProjectInvitation) -> str:
    """Another token and another end; of the token only the hash is kept."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    invitation.token_hash, invitation.sent_at = _hash(token), now
    invitation.expires_at = now + timedelta(days=value_of(INVITATION_DAYS, invitation.project.account))
    return token


def _hash(token: str) -> str:
    """With 256 random bits one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def _send(invitation: ProjectInvitation, link: str, *, by: str) -> None:
    project = invitation.project
    body = (
        f"Hello,\n\n{by} invites you to work on the project “{project}” as {invitation.role}.\n"
        f"Sign in with this e-mail address to accept or decline, until "
        f"{invitation.expires_at:%Y-%m-%d %H:%M} UTC:\n\n{link}\n\n"
        "If that means nothing to you, do nothing: the invitation ends by itself.\n"
    )
    send_mail(address=invitation.email, subject=f"Invitation to the project “{project}”", body=body)


def _record(actor: Actor, action: str, invitation: ProjectInvitation, words: str) -> Event:
    return events.record(
        actor, action, words, resource=invitation, account_id=invitation.project.account_id, role=invitation.role.name
    )  # fmt: skip
