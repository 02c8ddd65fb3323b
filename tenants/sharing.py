"""What is shared: which things an actor sees besides its own, and which an account may use.

A share lets the people of another account see a thing and use it. It lets them change nothing: whatever writes asks
`require_on`, which refuses them as it refuses readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import BooleanField, F, Func, Model, Q, QuerySet

from cloudportal.core.errors import Conflict, NotFound, PermissionDenied
from tenants.actor import Actor
from tenants.models import Account, ShareTable, share_tables
from tenants.reach import NOWHERE, Reach, below
from tenants.standing import standing_of
from tenants.states import ACTING

# Until the transaction ends a share that is held can't be ended; any number may hold it.
_HOLD = "SELECT 1 FROM {table} WHERE resource_id = %s AND account_id = %s FOR KEY SHARE"


class OwnerInactive(Conflict):
    """Whoever shares the thing is disabled, or about to be removed: nothing new is begun with it."""

    code = "owner-disabled"
    title = "The owner of what is shared is not active"


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
    """The filter of what the permission lets the actor see: what its accounts own, and what is shared with them."""
    reach = actor.reach.get(permission, NOWHERE)
    if reach.everywhere or reach == NOWHERE:
        return actor.scope(permission)
    return _own(reach) | shared(actor, permission, table)


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


def end_shares_with(account: Account) -> Iterator[Any]:
    """End all that is shared with an account that goes, and tell of each thing."""
    for table in share_tables():
        for row in table.objects.filter(account=account).select_related("resource__account").order_by("pk"):
            row.delete()
            yield row.resource


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


def _own(reach: Reach) -> Q:
    own = Q(account_id__in=sorted(reach.accounts))
    if reach.paths:
        own |= _any_of("account_id", Account.objects.filter(below(reach.paths, "domain__path")).values("pk"))
    return own


def _listed(shares: QuerySet[Any]) -> Q:
    return _any_of("pk", shares.values("resource_id"))
