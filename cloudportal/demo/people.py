"""Who lives in the demonstration cloud."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass

from tenants.actor import SYSTEM
from tenants.models import Account, ApiKey, Domain, User
from tenants.services.accounts import create_account
from tenants.services.api_keys import create_api_key
from tenants.services.domains import create_domain
from tenants.services.grants import grant_role
from tenants.services.users import create_user

KEY_NAME = "demonstration"


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody signs in with."""

    username: str
    password: str
    api_key: str

    def as_json(self) -> dict[str, str]:
        return asdict(self)


def ensure_domain(name: str, parent: Domain | None) -> Domain:
    return Domain.objects.filter(name=name, parent=parent).first() or create_domain(SYSTEM, name=name, parent=parent)


def ensure_account(domain: Domain, name: str) -> Account:
    known = Account.objects.filter(domain=domain, name=name).select_related("domain").first()
    return known or create_account(SYSTEM, domain=domain, name=name)


def ensure_login(account: Account, username: str, role: str, on: Domain | Account, known: dict[str, str]) -> Login:
    """A user with a role, a password and a key. What an earlier run wrote down is kept as long as it is true."""
    user = User.objects.filter(username=username).first()
    password = known.get("password") or _password()
    if user is None:
        user = create_user(SYSTEM, account=account, username=username, password=password)
        grant_role(SYSTEM, user=user, role=role, on=on)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return Login(username, password, _api_key(user, known.get("api_key", "")))


def _api_key(user: User, known: str) -> str:
    key = ApiKey.objects.filter(user=user, name=KEY_NAME).first()
    if key is not None:
        if known and key.key_id in known:
            return known
        key.delete()
    return create_api_key(SYSTEM, user=user, name=KEY_NAME)[1]


def _password() -> str:
    """Three groups that are easy to read and type, with 71 random bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(3))
