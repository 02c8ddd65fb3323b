"""Acting for somebody: whose rights hold, and when it is over.

The rights are those of the user acted for, as far as the operator has them too: acting for somebody never opens
anything to anybody. They are worked out afresh for each request, so what is taken from either works at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from cloudportal.core import clock, origin
from cloudportal.core.configuration import value_of
from cloudportal.core.errors import NotFound, PermissionDenied
from tenants.actor import NOWHERE, Actor, Reach, actor_of
from tenants.models import Account, User, ViewAs
from tenants.settings import VIEW_AS_MINUTES
from tenants.standing import obstacle_of_user

PERMISSION = "tenancy.act_as"
# The key of the session that holds the id of the view.
SESSION_KEY = "view_as"


def act_for(operator: Actor, user: User) -> Actor:
    """The user, with no more rights than the operator has.

    Raises:
        NotFound: the operator does not see the user's account.
        PermissionDenied: the operator may not act for users of that account, or is the user.
        UserDisabled, AccountDisabled, DomainSuspended: the user may not act.
    """
    if operator.user_id == user.pk:
        raise PermissionDenied("That is you.")
    # Acting makes nothing yet: what the user does in a locked account is judged as ever.
    operator.require(PERMISSION, user.account, even_locked=True)
    theirs = actor_of(user)
    # Who may not act reaches nothing, so that others cost no second question.
    if not theirs.reach and (refusal := obstacle_of_user(user)):
        raise refusal
    return narrowed(theirs, operator)


def resume(operator: User, uuid: str) -> tuple[ViewAs, Actor]:
    """The view that a session is in, and who acts in it.

    Raises:
        NotFound: it is over, or is not the operator's.
        PermissionDenied: the operator may not act for the user any more.
        UserDisabled, AccountDisabled, DomainSuspended: the user may not act any more.
    """
    view = ViewAs.objects.select_related("user__account__domain").filter(uuid=uuid, operator=operator).first()
    if view is None or not is_open(view):
        raise NotFound
    return view, act_for(actor_of(operator), view.user)


def is_open(view: ViewAs) -> bool:
    """Whether it has neither been ended nor run out."""
    return view.ended_at is None and view.expires_at > clock.now()


def come_on_behalf(operator: User, view: ViewAs | None = None) -> None:
    """From here on the request is the operator's, on behalf of its actor: events say so."""
    origin.amend(operator_id=operator.pk, operator_name=operator.username, view_id=view.pk if view else None)


def refuse_secrets_of_others() -> None:
    """Passwords, keys and second factors are touched by their owner alone.

    Raises:
        PermissionDenied: the request is an operator's on behalf of somebody.
    """
    if origin.current().operator_id is not None:
        raise PermissionDenied(
            "While you act for somebody, passwords, API keys and second factors are out of reach. End it first."
        )


def refuse_narrowed_keys(actor: Actor) -> None:
    """What somebody decides for themselves, such as what they belong to, no key decides that does less than they.

    Raises:
        PermissionDenied: the actor uses such a key.
    """
    if actor.key is not None and actor.key.is_narrow:
        raise PermissionDenied("The key that you use is narrowed: it does not decide what you belong to.")


def minutes() -> int:
    """How long a view lasts."""
    return value_of(VIEW_AS_MINUTES)


def narrowed(actor: Actor, by: Actor) -> Actor:
    """The actor, with each permission only where the other holds it too. What the other's API key forbids stays so."""
    paths = _paths_of(key for one in (actor, by) for reach in one.reach.values() for key in reach.accounts)
    common = {
        name: intersection(reach, by.reach.get(name, NOWHERE), paths)
        for name, reach in actor.reach.items()
        if name in by.reach
    }
    kept = {name: reach for name, reach in common.items() if reach != NOWHERE}
    return Actor(actor.name, actor.user_id, actor.account_id, kept, by.key)


def intersection(one: Reach, other: Reach, path_of: Mapping[int, str]) -> Reach:
    """Where both hold. `path_of` says below which domain each account is that they name."""
    if one.everywhere:
        return other
    if other.everywhere:
        return one
    paths = {lower for lower in one.paths if _is_below(lower, other.paths)}
    paths |= {lower for lower in other.paths if _is_below(lower, one.paths)}
    accounts = one.accounts & other.accounts
    accounts |= {key for key in one.accounts if key in path_of and _is_below(path_of[key], other.paths)}
    accounts |= {key for key in other.accounts if key in path_of and _is_below(path_of[key], one.paths)}
    return Reach(frozenset(paths), frozenset(accounts))


def _is_below(path: str, above: Iterable[str]) -> bool:
    return any(path.startswith(one) for one in above)


def _paths_of(accounts: Iterable[int]) -> dict[int, str]:
    keys = set(accounts)
    return dict(Account.objects.filter(pk__in=keys).values_list("pk", "domain__path")) if keys else {}
