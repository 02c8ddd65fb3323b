"""What is shared: which things an actor sees besides its own, and which an account may use.

A share lets the people of another account see a thing and use it. It lets them change nothing: whatever writes asks
`require_on`, which refuses them as it refuses readers.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, F, Func, Model, OuterRef, Q, QuerySet, Subquery, Value

from cloudportal.core import events, origin
from cloudportal.core.errors import Conflict, NotFound, PermissionDenied
from tenants.actor import Actor
from tenants.models import Account, ShareTable, share_tables
from tenants.reach import NOWHERE, Reach, below
from tenants.standing import standing_of
from tenants.states import ACTING

# Where both ways of finding a page of a list cost the same in a cloud of 25,000 accounts, roughly.
MANY_ACCOUNTS = 2_000
REMEMBERED_SECONDS = 600

# Until the transaction ends a share that is held can't be ended; any number may hold it.
_HOLD = "SELECT 1 FROM {table} WHERE resource_id = %s AND account_id = %s FOR KEY SHARE"


class OwnerInactive(Conflict):
    """Whoever shares the thing is disabled, or about to be removed: nothing new is begun with it."""

    code = "owner-disabled"
    title = "The owner of what is shared is not active"


@dataclass(frozen=True, slots=True)
class _OtherSide:
    """In the trail of an account, whoever acted for the other one: it is named, and its people are not."""

    account: Account

    @property
    def user_id(self) -> None:
        return None

    @property
    def name(self) -> str:
        return f"account {self.account}"[:150]


def table_or_none(model: type[Model]) -> ShareTable | None:
    """Where the shares of a noun are kept; None for what can't be shared."""
    return next((one for one in share_tables() if one._meta.get_field("resource").related_model is model), None)


def table_of(model: type[Model]) -> ShareTable:
    """Where the shares of a noun are kept, for nouns that can be shared."""
    table = table_or_none(model)
    if table is None:
        raise TypeError(f"{model._meta.label} can't be shared")
    return table


def noun_of(thing: Any) -> str:
    """``template``, ``network``, ``SSH key``: in the middle of a sentence."""
    return str(thing._meta.verbose_name).replace("ssh", "SSH")


def own_or_shared(actor: Actor, permission: str, table: ShareTable) -> Q:
    """The filter of what the permission lets the actor see: what its accounts own, and what is shared with them.

    Whoever sees few accounts finds their rows by indexes. Whoever sees very many finds a page soon by reading rows in
    the order of the list, and asking of each: that beats collecting all that there is.
    """
    reach = actor.reach.get(permission, NOWHERE)
    if reach.everywhere or reach == NOWHERE:
        return actor.scope(permission)
    if reach.paths and _sees_many(reach.paths, int(time.monotonic() // REMEMBERED_SECONDS)):
        return _by_path(reach) | _has(table.objects.filter(_by_path(reach), resource=OuterRef("pk")))
    own = Q(account_id__in=sorted(reach.accounts))
    if reach.paths:
        own |= _any_of("account_id", _accounts_below(reach.paths).values("pk"))
    return own | shared(actor, permission, table)


def shared(actor: Actor, permission: str, table: ShareTable) -> Q:
    """The filter of what is shared with the accounts on which the permission holds."""
    return _listed(table.objects.filter(actor.scope(permission)))


def shared_with(account: Account | None, table: ShareTable) -> Q:
    """The filter of what is shared with one account."""
    return _listed(table.objects.filter(account=account))


def sees_by_share(actor: Actor, thing: Any) -> bool:
    """Whether it is somebody else's, and the actor sees it for no other reason than a share. Asks nothing."""
    return not getattr(thing, "is_public", False) and not sees_into(actor, thing)


def sees_into(actor: Actor, thing: Any) -> bool:
    """Whether the actor sees what else the owner of a thing has, and so what is the owner's alone to know of it."""
    return actor.may(f"{thing._meta.app_label}.view", thing.account)


def require_on(actor: Actor, permission: str, thing: Any, *, even_locked: bool = False) -> None:
    """`actor.require` on the account of a thing. Who sees it by a share is told that they may not.

    Raises:
        NotFound: the actor does not see the thing.
        PermissionDenied: it sees it, and may not do that.
        AccountLocked, AccountDisabled, DomainSuspended: it may, and the state of the account does not allow it.
    """
    try:
        actor.require(permission, thing.account, even_locked=even_locked)
    except NotFound:
        table = table_or_none(type(thing))
        view = actor.scope(f"{thing._meta.app_label}.view")
        if table is not None and table.objects.filter(view, resource=thing.pk).exists():
            words = f"{thing} is shared by account {thing.account}: you may use it, and nothing else."
            raise PermissionDenied(words) from None
        raise


def find_shared(actor: Actor, uuid: Any) -> Any:
    """Something that is shared with an account of the actor's, by its id.

    Raises:
        NotFound: there is none.
    """
    for table in share_tables():
        model: Any = table._meta.get_field("resource").related_model
        permission = f"{model._meta.app_label}.view"
        found = model._default_manager.filter(shared(actor, permission, table), uuid=uuid).first()
        if found is not None:
            return found
    raise NotFound


def is_shared_with(thing: Any, account: Account) -> bool:
    """Whether an account may use somebody else's thing."""
    return table_of(type(thing)).objects.filter(resource=thing.pk, account=account).exists()


def hold_share(thing: Any, account: Account) -> bool:
    """Keep a share from being ended until the transaction ends; any number may. False: there is none any more."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD.format(table=table_of(type(thing))._meta.db_table), [thing.pk, account.pk])
        return cursor.fetchone() is not None


def end_shares_with(account: Account) -> None:
    """End all that is shared with an account that goes; the owners read of it."""
    for table in share_tables():
        for row in table.objects.filter(account=account).select_related("resource__account").order_by("pk"):
            row.delete()
            thing = row.resource
            words = f"Account {account} was deleted: {noun_of(thing)} {thing} is no longer shared with it."
            tell_other_side("unshare", thing, words, of=account, to=thing.account)


def action_of(verb: str, thing: Any) -> str:
    """``network.share_network``, ``compute.unshare_ssh_key``: as the trail calls it."""
    return f"{thing._meta.app_label}.{verb}_{str(thing._meta.verbose_name).replace(' ', '_')}"


def tell_other_side(verb: str, thing: Any, words: str, *, of: Account, to: Account) -> None:
    """What one account did about a share, in the trail of the other: not who did it, nor from where."""
    with origin.coming_from(origin.Origin()):
        action = action_of(verb, thing)
        events.record(_OtherSide(of), action, words, resource=thing, account_id=to.pk, with_account=of.name)


def refuse_inactive_owner(thing: Any) -> None:
    """Insist that whoever shares a thing is there to answer for it.

    Raises:
        OwnerInactive: the account is disabled or being removed, or a domain above it is not active.
    """
    state, closed, owner_state, owner = standing_of(thing.account)
    why = ""
    if closed is not None:
        why = f"domain {closed} is not active"
    elif state not in ACTING:
        why = f"it is {state.lower()}"
    elif owner_state is not None and owner_state not in ACTING:
        why = f"account {owner}, whose project it is, is {owner_state.lower()}"
    if why:
        words = f"Account {thing.account} shares {noun_of(thing)} {thing}, and {why}: nothing new can use it."
        raise OwnerInactive(words)


def _any_of(column: str, rows: QuerySet[Any, Any]) -> Q:
    """``column = ANY (ARRAY (SELECT …))``.

    The rows of the SELECT are read once, before the others. Several of these with OR between them, each on an indexed
    column, are found by those indexes; of ``column IN (SELECT …)`` that is true only as long as it stands alone.
    """
    options = {"template": "(%(expressions)s))", "arg_joiner": " = ANY (", "output_field": BooleanField()}
    return Q(Func(F(column), ArraySubquery(rows.order_by()), **options))


def _by_path(reach: Reach) -> Q:
    return Q(account_id__in=sorted(reach.accounts)) | below(reach.paths, "account__domain__path")


def _has(rows: QuerySet[Any]) -> Q:
    """Whether there are any, asked of one row after the other. EXISTS would be asked of all that there are at once."""
    return Q(Subquery(rows.annotate(found=Value(True)).values("found")[:1], output_field=BooleanField()))


def _accounts_below(paths: frozenset[str]) -> QuerySet[Account]:
    return Account.objects.filter(below(paths, "domain__path"))


@functools.lru_cache(maxsize=1_000)
def _sees_many(paths: frozenset[str], _when: int) -> bool:
    """Whether so many accounts are below some domains that reading in order is quicker: nothing else hangs on it."""
    return _accounts_below(paths).order_by().values("pk")[: MANY_ACCOUNTS + 1].count() > MANY_ACCOUNTS


def _listed(shares: QuerySet[Any]) -> Q:
    return _any_of("pk", shares.values("resource_id"))
