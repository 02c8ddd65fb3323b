"""The tree of domains: grow, rename, move, suspend, prune.

What concerns a domain as a whole, moving, suspending and deleting it, is decided above it; on the domain itself one
renames it and adds to it.
"""

from __future__ import annotations

from django.db import connection, transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict, InvalidInput, PermissionDenied
from cloudportal.core.lifecycle import Move
from cloudportal.core.models.base import next_id
from cloudportal.core.writing import constraints_as_messages, insert, update
from cloudportal.jobs import services as jobs
from cloudportal.jobs.models import Job
from tenants.access import access_changed
from tenants.actor import Actor
from tenants.holdings import contents
from tenants.limits.moving import moving
from tenants.locks import keeping_a_root_admin, lock_tree, share_tree
from tenants.models import Account, Domain, Grant, Project, Role, User
from tenants.models.domain import LONGEST_PATH
from tenants.names import given_name
from tenants.services.accounts import refuse_unconfirmed
from tenants.standing import refuse_removal
from tenants.states import DOMAIN
from tenants.workflows import DELETE_DOMAIN
from tenants.workflows.delete_domain import accounts_in

# One statement: at no moment does a part of the branch hang somewhere else.
_MOVE = """
UPDATE tenants_domain
SET path = %(to)s || substr(path, %(cut)s),
    parent_id = CASE WHEN id = %(branch)s THEN %(parent)s ELSE parent_id END
WHERE path LIKE %(under)s
"""
_LONGEST = "SELECT max(length(path)) FROM tenants_domain WHERE path LIKE %s"
# Groups take users of their own branch; who is moved out of it leaves them.
_LEAVE_GROUPS = """
DELETE FROM tenants_user_groups m USING tenants_user u, tenants_account a, tenants_domain home, tenants_group g,
       tenants_domain d
WHERE u.id = m.user_id AND a.id = u.account_id AND home.id = a.domain_id AND home.path LIKE %s
  AND g.auth_id = m.group_id AND d.id = g.domain_id AND NOT starts_with(home.path, d.path)
"""


def create_domain(actor: Actor, *, name: str, parent: Domain | None = None) -> Domain:
    """Add a domain; without a parent it is the root, of which there is one.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy above it.
        InvalidInput: the name is empty or taken there, the tree is as deep as it can be, or there is a root already.
        Conflict: the domain above is removed, or about to be.
    """
    if parent is not None:
        actor.require("tenancy.manage", parent)
    else:
        actor.require_everywhere("tenancy.manage")
        _refuse_second_root()
    name = given_name("A domain", name)
    with transaction.atomic():
        share_tree()
        key = next_id(Domain)
        path = f"{_path_under(parent) if parent else '/'}{key}/"
        _refuse_too_deep(len(path))
        domain = insert(Domain(pk=key, name=name, parent=parent, path=path))
        events.record(actor, "tenants.create_domain", f"Domain {domain} created.", resource=domain)
    return domain


def rename_domain(actor: Actor, *, domain: Domain, name: str) -> Domain:
    """Give a domain another name.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
        InvalidInput: the name is empty or taken there.
    """
    actor.require("tenancy.manage", domain)
    name = given_name("A domain", name)
    before = domain.name
    with transaction.atomic():
        update(domain, name=name)
        words = f"Domain {before} is called {domain} now."
        events.record(actor, "tenants.rename_domain", words, resource=domain)
    return domain


def move_domain(actor: Actor, *, domain: Domain, parent: Domain) -> Domain:
    """Hang a domain, with everything below it, under another one. Who had a role above it there has it no more.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy above it at both ends.
        InvalidInput: it is the root, the new place is the domain itself or below it, too deep, or has one of that name.
        LimitExceeded: a domain that it comes under would have more than it may.
        Conflict: roles of a domain above are granted in the branch and would not be known at the new place; one of
            both is being removed; or nobody would be root admin any more.
    """
    _require_above(actor, domain)
    actor.require("tenancy.manage", parent)
    with transaction.atomic(), keeping_a_root_admin():
        lock_tree()
        domain, parent = (Domain.objects.select_related("parent").get(pk=row.pk) for row in (domain, parent))
        _require_above(actor, domain)
        actor.require("tenancy.manage", parent)
        _check_move(domain, parent)
        before = domain.parent
        if before == parent:
            return domain
        old, new = domain.path, f"{parent.path}{domain.pk}/"
        with moving(domain, to=parent, actor=actor):
            _rewrite(domain, parent, old, new)
        domain.refresh_from_db()
        with connection.cursor() as cursor:
            cursor.execute(_LEAVE_GROUPS, [f"{new}%"])
            left = cursor.rowcount
        words = f"Domain {domain} moved from {before} to {parent}."
        events.record(actor, "tenants.move_domain", words, resource=domain, left_groups=left)
        access_changed()
    return domain


def suspend_domain(actor: Actor, *, domain: Domain) -> Domain:
    """Keep everybody in a domain and below it from signing in and creating; what runs keeps running.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy above the domain.
        Conflict: it is not active, or nobody would be root admin any more.
    """
    return _set_state(actor, domain, DOMAIN.suspend)


def activate_domain(actor: Actor, *, domain: Domain) -> Domain:
    """End a suspension; the refusals of `suspend_domain`."""
    return _set_state(actor, domain, DOMAIN.activate)


def delete_domain(actor: Actor, *, domain: Domain, confirm: str = "") -> Job:
    """Remove a domain: an empty one at once, another with everything in it, if `confirm` is its name.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy above the domain.
        InvalidInput: the confirmation is not the domain's name.
        Conflict: something is in it and nothing was confirmed, it is the root, the actor belongs to it, or nobody
            would be root admin any more.
    """
    _require_above(actor, domain)
    if actor.account_id and accounts_in(domain).filter(pk=actor.account_id).exists():
        raise Conflict("You can't delete the domain that you belong to.")
    refuse_unconfirmed(f"Domain {domain}", domain.name, confirm, inside_domain(domain))
    with transaction.atomic(), keeping_a_root_admin():
        lock_tree()
        domain.refresh_from_db()
        _refuse_branch_being_removed(domain)
        job = jobs.start(actor, DELETE_DOMAIN, domain)
        Job.objects.filter(pk=job.pk).update(account_id=actor.account_id)
        access_changed()
    return job


def _set_state(actor: Actor, domain: Domain, move: Move) -> Domain:
    _require_above(actor, domain)
    with transaction.atomic(), keeping_a_root_admin():
        lock_tree()
        before = domain.state
        move.begin(domain)
        move.settle(domain, succeeded=True)
        words = f"Domain {domain} is {domain.state} now."
        events.record(
            actor, f"tenants.{move.name}_domain", words, resource=domain,
            before={"state": before}, after={"state": domain.state},
        )  # fmt: skip
        access_changed()
    return domain


def _require_above(actor: Actor, domain: Domain) -> None:
    actor.require("tenancy.view", domain)
    if domain.parent is None:
        raise InvalidInput({"": f"{domain} is the root: it stays where it is, as it is."})
    if not actor.may("tenancy.manage", domain.parent):
        raise PermissionDenied(f"That is decided above domain {domain}, by who manages the domain it is in.")


def _check_move(domain: Domain, parent: Domain) -> None:
    if domain.holds(parent.path):
        raise InvalidInput({"parent": f"{parent} is {domain} itself, or below it."})
    for row in (domain, parent):
        refuse_removal(row)
    foreign = Role.objects.filter(pk__in=_granted_in(domain)).exclude(domain=None)
    kept = foreign.exclude(domain__path__startswith=domain.path).exclude(domain__in=parent.line)
    if names := [f"{role} of {role.domain}" for role in kept.select_related("domain")[:5]]:
        raise Conflict(
            f"Roles that {parent} would not know are granted in {domain}: {', '.join(names)}. Revoke them first."
        )


def _granted_in(domain: Domain) -> list[int]:
    """The roles that are granted in a branch."""
    under = {"path__startswith": domain.path}
    domains, accounts = Domain.objects.filter(**under), Account.objects.filter(domain__path__startswith=domain.path)
    on_domains = Grant.objects.filter(domain__in=domains).values_list("role", flat=True)
    on_accounts = Grant.objects.filter(account__in=accounts).values_list("role", flat=True)
    return [*on_domains.distinct(), *on_accounts.distinct()]


def _rewrite(domain: Domain, parent: Domain, old: str, new: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LONGEST, [f"{old}%"])
        _refuse_too_deep(cursor.fetchone()[0] - len(old) + len(new))
        values: dict[str, str | int] = {"to": new, "cut": len(old) + 1, "branch": domain.pk, "parent": parent.pk}
        values["under"] = f"{old}%"
        with constraints_as_messages(Domain):
            cursor.execute(_MOVE, values)


def _path_under(parent: Domain) -> str:
    """The path as it is now, under the tree's lock."""
    refuse_removal(parent)
    return str(Domain.objects.values_list("path", flat=True).get(pk=parent.pk))


def _refuse_branch_being_removed(domain: Domain) -> None:
    busy = Domain.objects.filter(path__startswith=domain.path, state="Removing").exclude(pk=domain.pk).first()
    if busy is not None:
        raise Conflict(f"Domain {busy} in it is being removed; wait until that is over.")


def inside_domain(domain: Domain) -> dict[str, int]:
    """What goes with a domain: how many of each noun. For who may delete it."""
    below = Domain.objects.filter(path__startswith=domain.path, removed_at=None).exclude(pk=domain.pk)
    accounts = list(accounts_in(domain).values_list("pk", flat=True))
    users = User.objects.filter(account__in=accounts).count()
    projects = Project.objects.filter(account__in=accounts).count()
    counted = {"domains": below.count(), "accounts": len(accounts) - projects, "users": users, **contents(accounts)}
    return {noun: count for noun, count in counted.items() if count}


def _refuse_second_root() -> None:
    """Whoever has a role on a root has it everywhere."""
    if Domain.objects.filter(parent=None).exists():
        raise InvalidInput({"parent": "There is a root domain already; choose the domain to put it under."})


def _refuse_too_deep(length: int) -> None:
    if length > LONGEST_PATH:
        raise InvalidInput({"parent": "The tree would become too deep there."})
