"""What happens to counters when an account or a domain goes to another place in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tenants.actor import Actor
from tenants.limits.locks import stop_counting_everywhere
from tenants.limits.recount import recount_domains
from tenants.limits.refusal import Held, refusal
from tenants.models import Account, Domain
from tenants.models.limit import Limit


@contextmanager
def moving(what: Account | Domain, *, to: Domain, actor: Actor | None = None) -> Iterator[None]:
    """Keep the counters of limited domains right while the block puts `what` below `to`, in the caller's transaction.

    Nobody counts meanwhile, in the whole cloud, until that transaction ends: change the paths and nothing else.

    Raises:
        LimitExceeded: a domain that it comes under would have more than it may.
    """
    stop_counting_everywhere()
    above = _chain(what) | _ids(Domain.objects.values_list("path", flat=True).get(pk=to.pk))
    yield
    grown = {
        (drift.domain_id, drift.resource): drift.counted - drift.used
        for drift in recount_domains(above)
        if drift.counted > drift.used
    }
    over = [
        Held(None, row.domain_id, row.resource, row.used - grown[key], row.maximum or 0, grown[key])
        for row in Limit.objects.filter(domain_id__in=above)
        if (key := (row.domain_id, row.resource)) in grown and row.used > (row.maximum or 0)
    ]
    if over:
        raise refusal(what if isinstance(what, Account) else Account(domain=what), over, actor)


def _chain(what: Account | Domain) -> set[int]:
    """The domains above, as the database has them now that nothing moves."""
    if isinstance(what, Account):
        return _ids(Domain.objects.values_list("path", flat=True).get(accounts=what))
    return _ids(Domain.objects.values_list("path", flat=True).get(pk=what.pk))


def _ids(path: str) -> set[int]:
    return {int(part) for part in path.strip("/").split("/")}
