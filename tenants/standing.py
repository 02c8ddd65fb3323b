"""Who may act at all, and where nothing may grow: what the states of accounts and domains forbid, said once."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

from cloudportal.core.errors import Conflict
from tenants.models import Account, Domain, User
from tenants.reach import Place
from tenants.states import ACTING, GROWING, OPEN, PROJECT_STATES


class UserDisabled(Conflict):
    """The user does not act."""

    code = "user-disabled"
    title = "The user is disabled"


class AccountLocked(Conflict):
    """Nothing of the account may be created or changed; what it has can be seen, stopped and deleted."""

    code = "account-locked"
    title = "The account is locked"


class AccountDisabled(Conflict):
    """Nobody acts for the account."""

    code = "account-disabled"
    title = "The account is disabled"


class ProjectSuspended(Conflict):
    """Nothing of the project may be created or changed."""

    code = "project-suspended"
    title = "The project is suspended"


class DomainSuspended(Conflict):
    """The domain, or one above it, is suspended."""

    code = "domain-suspended"
    title = "The domain is suspended"


_ACTING = ", ".join(f"'{state}'" for state in ACTING)
# The domains above are found by the ids in the path, each by its key: removed ones may be many by and by.
_CLOSED_ABOVE = f"""
SELECT {{what}} FROM tenants_domain s
WHERE s.id = ANY (string_to_array(trim(both '/' from d.path), '/')::bigint[]) AND s.state <> '{OPEN}'"""  # noqa: S608 - constants of ours
# For queries that join the user as u, the account as a and its domain as d.
MAY_ACT = f"u.is_active AND a.state IN ({_ACTING}) AND NOT EXISTS ({_CLOSED_ABOVE.format(what='1')})"
# A project's owner is of the same domain.
_STATE = f"""
SELECT a.state, ({_CLOSED_ABOVE.format(what="s.name")} ORDER BY s.path LIMIT 1), o.state, o.name
FROM tenants_account a JOIN tenants_domain d ON d.id = a.domain_id
LEFT JOIN (tenants_project p JOIN tenants_account o ON o.id = p.owner_id) ON p.account_id = a.id WHERE a.id = %s
"""  # noqa: S608 - constants of ours
_DOMAIN_STATE = f"""
SELECT '{GROWING}', ({_CLOSED_ABOVE.format(what="s.name")} ORDER BY s.path LIMIT 1), NULL, NULL
FROM tenants_domain d WHERE d.id = %s
"""  # noqa: S608 - constants of ours
_ACTIVE_USER = f"""
SELECT u.* FROM tenants_user u JOIN tenants_account a ON a.id = u.account_id JOIN tenants_domain d ON d.id = a.domain_id
WHERE u.id = %s AND {MAY_ACT}
"""  # noqa: S608 - constants of ours


def active_user(user_id: int) -> User | None:
    """The user, unless disabled, of a disabled account, or below a suspended domain."""
    return next(iter(User.objects.raw(_ACTIVE_USER, [user_id])), None)


def may_act(user: User) -> bool:
    """Whether the user may sign in and do anything at all."""
    return active_user(user.pk) is not None


class Standing(NamedTuple):
    """The state of a place as it is now, and the highest domain at or above it that is not active.

    Of a project also those of the account that owns it.
    """

    state: str
    closed: str | None = None
    owner_state: str | None = None
    owner: str | None = None


def standing_of(place: Place) -> Standing:
    """How an account or domain stands."""
    with connection.cursor() as cursor:
        if isinstance(place, Account) and place.pk is not None:
            cursor.execute(_STATE, [place.pk])
        else:
            cursor.execute(_DOMAIN_STATE, [place.pk if isinstance(place, Domain) else place.domain_id])
        return Standing(*(cursor.fetchone() or ("Removed",)))


def obstacle_of_user(user: User) -> Conflict | None:
    """What keeps a user from acting at all; None when nothing does."""
    if not user.is_active:
        return UserDisabled(f"User {user} is disabled.")
    state, closed, *_ = standing_of(user.account)
    if closed is not None:
        return DomainSuspended(f"Domain {closed}, to which {user} belongs, is not active.")
    if state not in ACTING:
        return AccountDisabled(f"Account {user.account}, to which {user} belongs, is {state.lower()}.", state=state)
    return None


def obstacle(place: Place) -> Conflict | None:
    """What keeps anybody from creating or changing something there; None when nothing does."""
    state, closed, owner_state, owner = standing_of(place)
    if closed is not None:
        return DomainSuspended(f"Domain {closed} is not active: nothing can be created or changed below it.")
    if owner_state is not None and state == "Disabled":
        words = f"Project {place} is suspended: nothing of it can be created or changed."
        return ProjectSuspended(words, state=PROJECT_STATES[state])
    if state != GROWING:
        return _stands_still(f"{'Account' if owner is None else 'Project'} {place}", state)
    if owner_state is not None and owner_state != GROWING:
        return _stands_still(f"Account {owner}, which owns project {place},", owner_state)
    return None


def _stands_still(what: str, state: str) -> Conflict:
    if state == "Locked":
        words = f"{what} is locked: nothing of it can be created or changed; stopping and deleting stay possible."
        return AccountLocked(words, state=state)
    return AccountDisabled(f"{what} is {state.lower()}: nothing of it can be created or changed.", state=state)


def refuse_growth(place: Place) -> None:
    """Insist that things may be created and changed there.

    Raises:
        AccountLocked, AccountDisabled, ProjectSuspended, DomainSuspended: they may not.
    """
    refusal = obstacle(place)
    if refusal is not None:
        raise refusal


def refuse_removal(domain: Domain) -> None:
    """Insist that neither a domain nor one above it is removed or about to be. For callers that hold the tree's lock.

    Raises:
        Conflict: one is.
    """
    domain.refresh_from_db(fields=["path"])
    gone = Domain.objects.filter(pk__in=domain.line, state__in=["Removing", "Removed"]).first()
    if gone is not None:
        raise Conflict(f"Domain {gone} is {gone.state.lower()}.", state=gone.state)
