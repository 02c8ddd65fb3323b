"""Second factors of other people: an administrator helps somebody who lost theirs."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.db import transaction

from cloudportal.core import events
from cloudportal.core.errors import Conflict
from cloudportal.core.models import Event
from tenants.actor import Actor
from tenants.might import refuse_mightier
from tenants.models import User
from tenants.services.sessions import end_sessions


def reset_factors(actor: Actor, *, user: User) -> None:
    """Take all second factors of a user away and sign them out everywhere.

    Whoever may do this can become the user together with a new password, so it takes all that the user may do.

    Raises:
        NotFound, PermissionDenied: the actor does not manage the users of the account, or may do less.
        Conflict: it is the actor, who removes their own on their own page; or there are none.
    """
    actor.require("users.manage", user.account, even_locked=True)
    if actor.user_id == user.pk:
        raise Conflict("Your own second factors are on your profile.")
    refuse_mightier(actor, user, to="reset the second factors of")
    with transaction.atomic():
        removed = Authenticator.objects.filter(user=user)
        kinds = sorted({row.get_type_display() for row in removed})
        if not removed.delete()[0]:
            raise Conflict(f"{user} has no second factor.")
        end_sessions(actor, user=user)
        events.record(
            actor,
            "tenants.reset_factors",
            f"The second factors of {user} were removed.",
            resource=user,
            account_id=user.account_id,
            level=Event.Level.WARNING,
            factors=[str(kind) for kind in kinds],
        )
