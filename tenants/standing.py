"""Who may act at all, and where nothing may grow: what the states of accounts and domains forbid, said once."""

from __future__ import annotations

from django.db import connection

from cloudportal.core.errors import Conflict
from tenants.models import Account, Domain, User
from tenants.reach import Place
from tenants.states import ACTING, GROWING, OPEN


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
_STATE = f"""
SELECT a.state, ({_CLOSED_ABOVE.format(what="s.name")} ORDER BY s.path LIMIT 1)
FROM tenants_account a JOIN tenants_domain d ON d.id = a.domain_id WHERE a.id = %s
"""  # noqa: S608 - constants of ours
_DOMAIN_STATE = f"""
SELECT '{GROWING}', ({_CLOSED_ABOVE.format(what="s.name")} ORDER BY s.path LIMIT 1)
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


def state_of(place: Place) -> tuple[str, str | None]:
    """The state of an account as it is now, and the highest domain at or above it that is not active."""
    with connection.cursor() as cursor:
        if isinstance(place, Account) and place.pk is not None:
            cursor.execute(_STATE, [place.pk])
        else:
            cursor.execute(_DOMAIN_STATE, [place.pk if isinstance(place, Domain) else place.domain_id])
        found: tuple[str, str | None] = cursor.fetchone() or ("Removed", None)
    return found


def obstacle_of_user(user: User) -> Conflict | None:
    """What keeps a user from acting at all; None when nothing does."""
    if not user.is_active:
        return UserDisabled(f"User {user} is disabled.")
    state, closed = state_of(user.account)
    if closed is not None:
        return DomainSuspended(f"Domain {closed}, to which {user} belongs, is not active.")
    if state not in ACTING:
        return AccountDisabled(f"Account {user.account}, to which {user} belongs, is {state.lower()}.", state=state)
    return None


def obstacle(place: Place) -> Conflict | None:
    """What keeps anybody from creating or changing something there; None when nothing does."""
    state, closed = state_of(place)
    if closed is not None:
        return DomainSuspended(f"Domain {closed} is not active: nothing can be created or changed below it.")
    if state == GROWING:
        return None
    if state == "Locked":
        return AccountLocked(
            f"Account {place} is locked: nothing of it can be created or changed; stopping and deleting stay possible.",
            state=state,
        )
    return AccountDisabled(f"Account {place} is {state.lower()}: nothing of it can be created or changed.", state=state)


def refuse_growth(place: Place) -> None:
    """Insist that things may be created and changed there.

    Raises:
        AccountLocked, AccountDisabled, DomainSuspended: they may not.
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
