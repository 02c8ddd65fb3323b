"""How the users of a domain sign in, said by those who manage it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import events
from cloudportal.core.writing import check_fields, constraints_as_messages
from tenants.actor import Actor
from tenants.models import Domain, SignInPolicy

POLICY = ("password_min_length", "alias")


def policy_of(domain: Domain) -> SignInPolicy:
    """The domain's own rules; nothing is asked where nothing was ever said."""
    return SignInPolicy.objects.filter(domain=domain).first() or SignInPolicy(domain=domain)


def change_sign_in_policy(actor: Actor, *, domain: Domain, **changes: Any) -> SignInPolicy:
    """Change `mfa_required`, `password_min_length` or `alias` of a domain; the first two hold for all below it too.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the tenancy of the domain.
        InvalidInput: a value is malformed, or the alias is another domain's.
    """
    actor.require("tenancy.manage", domain)
    with transaction.atomic():
        domain = Domain.objects.select_for_update().get(pk=domain.pk)
        policy = policy_of(domain)
        before = _shown(domain, policy)
        if "mfa_required" in changes:
            domain.mfa_required = changes["mfa_required"]
            domain.save(update_fields=["mfa_required"])
        for name in POLICY:
            if name in changes:
                setattr(policy, name, changes[name] or None)
        check_fields(policy)
        with constraints_as_messages(SignInPolicy):
            policy.save()
        after = _shown(domain, policy)
        if after != before:
            message = f"How users of domain {domain} sign in was changed."
            events.record(actor, "tenants.change_sign_in_policy", message, resource=domain, before=before, after=after)
    policy.domain = domain
    return policy


def _shown(domain: Domain, policy: SignInPolicy) -> dict[str, Any]:
    return {"mfa_required": domain.mfa_required, **{name: getattr(policy, name) for name in POLICY}}
