"""Letting in whom a provider vouches for: users of its own domain, who may do no more than that domain can give."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from cloudportal.core import events
from cloudportal.core.errors import PermissionDenied
from cloudportal.core.writing import UNSTORABLE
from tenants.actor import SYSTEM, Actor, reaches_of_user
from tenants.models import Account, Domain, IdentityProvider, User
from tenants.people import by_email
from tenants.services.mapped_roles import settle_roles

LONGEST_NAME, LONGEST_ADDRESS = 150, 254
LONGEST_ID: int = SocialAccount._meta.get_field("uid").max_length or 0
MOST_GROUPS = 1000
SAME_NAME = 100
TRIES = 5
_NOT_IN_NAMES = re.compile(r"[^\w.@+-]")


class NotVouchedFor(PermissionDenied):
    """The provider can't sign this person in. The message is for them."""

    code = "not-vouched-for"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of somebody, once that is verified. `email` is empty unless the provider has checked it."""

    subject: str
    email: str
    username: str
    first_name: str
    last_name: str
    groups: tuple[str, ...]


def told(
    provider: IdentityProvider, *, subject: str, facts: Mapping[str, Any], groups: Any, is_checked: bool | None = None
) -> Claims:
    """What a provider says of somebody, in bounds. Nobody is found by an address that was not checked.

    `is_checked` is what the provider says of the address; None where it says nothing.
    """
    email = _text(facts.get("email")).lower()
    is_checked = provider.trusts_emails if is_checked is None else is_checked
    groups = [groups] if isinstance(groups, str) else groups
    return Claims(
        subject=subject,
        email=email if is_checked and _is_address(email) else "",
        username=_text(facts.get("username")),
        first_name=_text(facts.get("first_name"))[:LONGEST_NAME],
        last_name=_text(facts.get("last_name"))[:LONGEST_NAME],
        groups=tuple(map(str, groups[:MOST_GROUPS])) if isinstance(groups, list | tuple) else (),
    )


def _text(value: Any) -> str:
    return UNSTORABLE.sub("", value)[:LONGEST_ADDRESS] if isinstance(value, str) else ""


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def admit(provider: IdentityProvider, claims: Claims) -> User:
    """The user that the claims mean: one that came before, one with the address, or a new one; with mapped roles.

    Raises:
        NotVouchedFor: nobody, or somebody that the provider must not sign in.
    """
    if not 0 < len(claims.subject) <= LONGEST_ID or UNSTORABLE.search(claims.subject):
        raise NotVouchedFor("What your provider knows you by can't be kept here. Your administrator can help.")
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                user = _known(provider, claims) or _by_address(provider, claims) or _new(provider, claims)
                settle_roles(provider, user, claims.groups)
            return user
        except IntegrityError:
            # Their other window was faster; now they are known, and have what it gave or took.
            continue
    raise NotVouchedFor("Somebody signed in as you at the same moment. Try again.")


def _known(provider: IdentityProvider, claims: Claims) -> User | None:
    found = SocialAccount.objects.filter(provider=str(provider.uuid), uid=claims.subject)
    link = found.select_related("user__account__domain").first()
    if link is None:
        return None
    user: Any = link.user
    return _vouched(provider, user)


def _by_address(provider: IdentityProvider, claims: Claims) -> User | None:
    users = [user for user in by_email(claims.email) if _is_below(user.account.domain, provider.domain)]
    if not users:
        return None
    if len(users) > 1:
        raise NotVouchedFor("Several users have your address. Your administrator must say which of them you are.")
    user = _vouched(provider, users[0])
    _link(provider, claims, user, f"{user} is known to {provider} from now on.")
    return user


def _vouched(provider: IdentityProvider, user: User) -> User:
    """Who manages a domain chooses its provider, and with it could become anybody that the provider may sign in."""
    if not _is_below(user.account.domain, provider.domain):
        raise NotVouchedFor("You are not a user of the domain that this provider belongs to.")
    if _reaches_beyond(user, provider.domain):
        raise NotVouchedFor("You may do things outside of the provider's domain. Sign in with your password.")
    return user


def _reaches_beyond(user: User, domain: Domain) -> bool:
    reach = reaches_of_user(user).values()
    if any(not path.startswith(domain.path) for area in reach for path in area.paths):
        return True
    owned = {key for area in reach for key in area.accounts}
    return Account.objects.filter(pk__in=owned).exclude(domain__path__startswith=domain.path).exists()


def _new(provider: IdentityProvider, claims: Claims) -> User:
    account = provider.account
    if account is None:
        raise NotVouchedFor("Nobody here has your address. Ask your administrator to add you.")
    if not _is_below(account.domain, provider.domain):
        raise NotVouchedFor("The account that new users join is not in the provider's domain any more.")
    user = User(
        username=_free_name(claims), email=claims.email, first_name=claims.first_name, last_name=claims.last_name,
        account=account,
    )  # fmt: skip
    user.set_unusable_password()
    user.save(force_insert=True)
    events.record(
        SYSTEM, "tenants.create_user", f"User {user} created by {provider}.", resource=user, account_id=account.pk
    )
    _link(provider, claims, user, f"{user} came by {provider} for the first time.")
    return user


def _link(provider: IdentityProvider, claims: Claims, user: User, message: str) -> None:
    SocialAccount.objects.create(provider=str(provider.uuid), uid=claims.subject, user=user)
    events.record(
        Actor(user.username, user.pk, user.account_id),
        "tenants.link_identity",
        message,
        resource=user,
        account_id=user.account_id,
        provider=str(provider),
    )


def _free_name(claims: Claims) -> str:
    """A user name that nobody has, as near to the provider's as it can be."""
    wanted = claims.username or claims.email or f"user-{claims.subject}"
    wanted = _NOT_IN_NAMES.sub("-", UNSTORABLE.sub("", wanted))[: LONGEST_NAME - 4] or "user"
    candidates = [wanted, *(f"{wanted}-{number}" for number in range(2, SAME_NAME))]
    taken = set(User.objects.filter(username__in=candidates).values_list("username", flat=True))
    free = next((name for name in candidates if name not in taken), None)
    if free is None:
        raise NotVouchedFor("Too many users have your name. Ask your administrator to add you.")
    return free


def _is_below(domain: Domain, top: Domain) -> bool:
    return domain.path.startswith(top.path)
