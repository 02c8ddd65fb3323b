"""Telling that a limit is nearly reached: an event in the transaction that takes what crosses the mark."""

from __future__ import annotations

from collections.abc import Iterable

from cloudportal.core import events
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.limits.refusal import Held, about
from tenants.models import Account, Domain
from tenants.resources import RESOURCES

# The part of a limit from which its owners are told, in per cent.
NEARLY = 80


def tell_if_nearly_reached(account: Account, held: Iterable[Held], by: Actor | None) -> None:
    """Leave an event for each limit of which less than the mark was used before, and no less is now."""
    for level in held:
        if _crosses(level):
            _tell(account, level, by)


def _crosses(level: Held) -> bool:
    """A limit of nothing, or of one, is full or it is not."""
    if level.maximum <= 1:
        return False
    mark = level.maximum * NEARLY
    return level.used * 100 < mark <= (level.used + level.amount) * 100


def _tell(account: Account, level: Held, by: Actor | None) -> None:
    owner = account if level.domain_id is None else Domain.objects.get(pk=level.domain_id)
    resource = RESOURCES[level.resource]
    used, most = resource.number(level.used + level.amount), resource.words(level.maximum)
    noun = str(owner._meta.verbose_name).capitalize()
    events.record(
        by or events.System(),
        "tenants.limit_nearly_reached",
        f"{noun} {owner} uses {used} of {most}.",
        resource=owner,
        # Who sees the account need not see the domain above, nor what is used below it.
        account_id=account.pk if level.domain_id is None else None,
        level=Event.Level.WARNING,
        about=about(level),
    )
