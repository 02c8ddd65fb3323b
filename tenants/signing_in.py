"""Who may sign in, and who owes a second factor: asked at every request of a browser, in the query for its user."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from cloudportal.core.errors import PermissionDenied
from tenants.models import Domain, User
from tenants.standing import may_act
from tenants.states import ACTING, OPEN
from tenants.tree import IsAbove

# Codes for recovery help past a factor that was lost, and are none by themselves.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class FactorOwed(PermissionDenied):
    """Somebody must set up a second factor before anything else."""

    code = "second-factor-owed"

    def __init__(self) -> None:
        super().__init__("Your organisation wants a second factor of you. Set one up in the browser first.")


def may_sign_in(user: User) -> bool:
    """Whether the user may come in by any way that browsers take."""
    return may_act(user)


def signing_in() -> QuerySet[User]:
    """Users who may act, with account, domain, and `owes_factor`: a second factor is demanded and they have none.

    What is asked of each request of a browser, in one query.
    """
    above = Domain.objects.filter(IsAbove(OuterRef("account__domain__path")))
    acting = Q(is_active=True, account__state__in=ACTING) & ~Q(Exists(above.exclude(state=OPEN)))
    demanded = Exists(above.filter(mfa_required=True))
    owes = Q(demanded) & ~Q(Exists(Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FACTORS)))
    return (
        User.objects.filter(acting)
        .select_related("account__domain")
        .annotate(owes_factor=ExpressionWrapper(owes, output_field=BooleanField()))
    )


def owes_factor(user: Any) -> bool:
    """Whether the user of a browser's session must set up a second factor before anything else.

    Users of API keys are not asked: they do not come through `signing_in`.
    """
    return bool(getattr(user, "owes_factor", False))


def must_have_factor(user: User) -> bool:
    """Whether a domain demands a second factor of the user, who may have one already."""
    return Domain.objects.filter(pk__in=user.account.domain.line, mfa_required=True).exists()


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()
