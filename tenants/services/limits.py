"""Setting limits: for an account or domain by whoever manages the tenancy of the place above it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import InvalidInput, NotFound, PermissionDenied
from tenants import selectors
from tenants.actor import NOWHERE, Actor
from tenants.limits.counting import open_rows
from tenants.limits.locks import stop_counting_everywhere
from tenants.limits.recount import recount_domains
from tenants.limits.standing import Standing, of_account, of_domain
from tenants.models import Account, Domain
from tenants.models.limit import Limit
from tenants.resources import BY_NAME, UNLIMITED

LARGEST = 2**31 - 1
Limits = Mapping[str, int | None]


def set_account_limits(actor: Actor, *, account: Account, limits: Limits) -> list[Standing]:
    """Change how much an account may have, by the names of `tenants.resources`; None goes back to the default.

    A limit below what is used is taken: nothing more can be made until enough is gone. Returns how the account stands.

    Raises:
        NotFound: the actor may not see the account's limits.
        PermissionDenied: it does not manage the tenancy of the account's domain; the account's own is not enough.
        InvalidInput: a resource is unknown, or a limit neither -1 nor a number.
    """
    _check_permission(actor, account, selectors.limited_accounts(actor).filter(pk=account.pk).exists())
    wanted = _counted(limits)
    with transaction.atomic():
        open_rows(account.pk, wanted)
        rows = Limit.objects.filter(account=account, resource__in=wanted).order_by("id")
        locked = list(rows.select_for_update(no_key=True))
        before = {row.resource: row.maximum for row in locked}
        for row in locked:
            row.maximum = wanted[row.resource]
        Limit.objects.bulk_update(locked, ["maximum"])
        _record(actor, account, before, wanted)
        return of_account(account)


def set_domain_limits(actor: Actor, *, domain: Domain, limits: Limits) -> list[Standing]:
    """Change how much a domain may have with everything below it; None and -1 both make it unlimited.

    Raises:
        NotFound: the actor may not see the domain.
        PermissionDenied: it does not manage the tenancy above the domain; the domain's own is not enough.
        InvalidInput: a resource is unknown, or a limit neither -1 nor a number.
    """
    _check_permission(actor, domain, selectors.domains(actor).filter(pk=domain.pk).exists())
    wanted = {key: None if maximum == UNLIMITED else maximum for key, maximum in _counted(limits).items()}
    with transaction.atomic():
        # What is being reserved now knows nothing of a limit that comes now, and would be missing in its sum.
        stop_counting_everywhere()
        rows = Limit.objects.filter(domain=domain, resource__in=wanted)
        before = {row.resource: row.maximum for row in rows}
        rows.filter(resource__in=[key for key, maximum in wanted.items() if maximum is None]).delete()
        Limit.objects.bulk_create(
            [Limit(domain=domain, resource=key, maximum=value) for key, value in wanted.items() if value is not None],
            update_conflicts=True, update_fields=["maximum"], unique_fields=["domain", "resource"],
        )  # fmt: skip
        recount_domains([domain.pk])
        _record(actor, domain, before, wanted)
        return of_domain(domain)


def may_set_limits(actor: Actor, place: Account | Domain) -> bool:
    """Whether the actor manages the tenancy above a place. The root has nothing above: who has it all, has that too."""
    reach = actor.reach.get("tenancy.manage", NOWHERE)
    if reach.everywhere:
        return True
    if isinstance(place, Account):
        return any(place.domain.path.startswith(path) for path in reach.paths)
    return any(place.path.startswith(path) and place.path != path for path in reach.paths)


def _check_permission(actor: Actor, place: Account | Domain, seen: bool) -> None:
    if may_set_limits(actor, place):
        return
    if not seen:
        raise NotFound
    noun = place._meta.model_name
    raise PermissionDenied(f"The limits of {noun} {place} are set by those who manage the domain above it.")


def _counted(limits: Limits) -> dict[str, int | None]:
    """The limits by key, in the unit that is counted."""
    errors = {}
    for name, maximum in limits.items():
        if name not in BY_NAME:
            errors[name] = f"There is no resource “{name}”; there are {', '.join(BY_NAME)}."
        elif maximum is not None and not (type(maximum) is int and UNLIMITED <= maximum <= LARGEST):
            errors[name] = f"A limit is a whole number from 0 to {LARGEST}, or -1 for none."
    if errors:
        raise InvalidInput(errors)
    found = {name: None if maximum is None else BY_NAME[name].counted(maximum) for name, maximum in limits.items()}
    return {BY_NAME[name].key: maximum for name, maximum in found.items()}


def _record(
    actor: Actor, place: Account | Domain, before: Mapping[str, int | None], after: Mapping[str, int | None]
) -> None:
    changed = {
        resource.name: [_shown(resource.scale, before.get(key)), _shown(resource.scale, after[key])]
        for resource in BY_NAME.values()
        if (key := resource.key) in after and before.get(key) != after[key]
    }
    if not changed:
        return
    noun = place._meta.model_name
    unset = "the default" if isinstance(place, Account) else "unlimited"
    said = {None: unset, UNLIMITED: "unlimited"}
    words = ", ".join(
        f"{name} from {said.get(old, old)} to {said.get(new, new)}" for name, (old, new) in changed.items()
    )
    events.record(
        actor, f"tenants.set_{noun}_limits", f"Limits of {noun} {place} changed: {words}.", resource=place,
        account_id=place.pk if isinstance(place, Account) else None, limits=changed,
    )  # fmt: skip


def _shown(scale: int, maximum: int | None) -> int | None:
    return maximum if maximum is None or maximum == UNLIMITED else maximum // scale
