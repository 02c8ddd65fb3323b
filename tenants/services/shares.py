"""Sharing single things with other accounts, and ending that from either side."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models, transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput, NotFound
from cloudportal.core.writing import insert
from cloudportal.jobs import services as jobs
from tenants.actor import Actor
from tenants.models import Account, User
from tenants.sharing import action_of, noun_of, require_on, table_of, tell_other_side
from tenants.states import ACTING

R = TypeVar("R", bound=models.Model)
# Each of them is told of changes, and people still know them by heart.
MOST_ACCOUNTS = 200


def share(actor: Actor, *, thing: R, account: Account) -> R:
    """Let the people of another account see a thing and use it. Sharing again changes nothing.

    Raises:
        NotFound, PermissionDenied: the actor may not manage that kind of thing on the account that owns it.
        InvalidInput: the account is the owner itself, or is being removed.
        Conflict: it is shared with as many accounts as can be.
    """
    require_on(actor, _manage(thing), thing)
    with transaction.atomic():
        row = _locked(thing)
        if account.pk == row.account_id:
            raise InvalidInput({"account": f"{row} is that account's own."})
        _insist_on_account(account)
        shares = _shares(row)
        if shares.filter(account=account).exists():
            return thing
        if shares.count() >= MOST_ACCOUNTS:
            raise Conflict(f"{row} is shared with {MOST_ACCOUNTS} accounts; that is the most.")
        by = User.objects.filter(pk=actor.user_id or 0).first()
        insert(shares.model(resource=row, account=account, created_by=by))
        _tell(actor, "share", row, account, f"{_called(row)} shared with account {account}.",
              f"{_called(row)} shared with you by account {row.account}.")  # fmt: skip
    return thing


def unshare(actor: Actor, *, thing: R, account: Account) -> R:
    """End a share: nothing new is begun with the thing, and what runs goes on.

    Raises:
        NotFound, PermissionDenied: the actor may not manage that kind of thing on the account that owns it.
        InvalidInput: it is not shared with that account.
    """
    require_on(actor, _manage(thing), thing, even_locked=True)
    with transaction.atomic():
        row = _locked(thing)
        _end(row, account)
        _tell(actor, "unshare", row, account, f"{_called(row)} is no longer shared with account {account}.",
              f"{_called(row)} is no longer shared with you by account {row.account}.")  # fmt: skip
    return thing


def leave(actor: Actor, *, thing: models.Model, account: Account) -> None:
    """Give up what is shared with an account, for that account.

    Raises:
        NotFound, PermissionDenied: the actor may not manage that kind of thing on the receiving account.
        InvalidInput: it is not shared with that account.
    """
    actor.require(_manage(thing), account, even_locked=True)
    with transaction.atomic():
        row = _locked(thing)
        _end(row, account)
        _tell(actor, "leave", row, account, f"Account {account} gave up {_called(row, first=False)}.",
              f"{_called(row)}, which account {row.account} shared, given up.", by_receiver=True)  # fmt: skip


def _manage(thing: models.Model) -> str:
    return f"{thing._meta.app_label}.manage"


def _locked(thing: models.Model) -> Any:
    """The thing as it is now; it stays, and its shares are changed by nobody else, until the transaction ends."""
    alive = {"removed_at": None} if any(field.name == "removed_at" for field in thing._meta.fields) else {}
    rows = type(thing)._default_manager.select_related("account").select_for_update(no_key=True, of=("self",))
    row = rows.filter(pk=thing.pk, **alive).first()
    if row is None:
        raise NotFound
    return row


def _insist_on_account(account: Account) -> None:
    """Waits for whoever is removing it; a share is removed with its account, and none may come after."""
    now = Account.objects.select_for_update(no_key=True).filter(pk=account.pk, removed_at=None).first()
    if now is None or now.state not in (*ACTING, "Disabled"):
        raise InvalidInput({"account": f"Account {account} is being removed."})


def _end(row: Any, account: Account) -> None:
    """Waits for those who are using the share at this moment."""
    if not _shares(row).filter(account=account).delete()[0]:
        raise InvalidInput({"account": f"{row} is not shared with account {account}."})


def _shares(row: Any) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = table_of(type(row)).objects.filter(resource=row)
    return found


def _called(row: Any, *, first: bool = True) -> str:
    noun = noun_of(row)
    return f"{noun[:1].upper()}{noun[1:]} {row}" if first else f"{noun} {row}"


def _tell(
    actor: Actor, verb: str, row: Any, account: Account, to_owner: str, to_receiver: str, *, by_receiver: bool = False
) -> None:
    """An event in both trails, and news to both sides' browsers. Each side's people are known to their own alone."""
    own, other = (account, row.account) if by_receiver else (row.account, account)
    words = {row.account_id: to_owner, account.pk: to_receiver}
    action = action_of(verb, row)
    events.record(actor, action, words[own.pk], resource=row, account_id=own.pk, with_account=other.name)
    tell_other_side(verb, row, words[other.pk], of=own, to=other)
    jobs.announce_resource(row)
    kind = row._meta.label_lower
    events.announce("resource", account=account.pk, type=kind, resource=row.uuid)
