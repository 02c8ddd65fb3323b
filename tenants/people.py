"""Which user is meant by what somebody typed."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase

from tenants.models import User

# As many users of one address are asked for. Each costs the checking of a password.
SAME_ADDRESS = 5


_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def normal_address(address: str) -> str:
    """An e-mail address in small letters, by which two are compared. Letters that only look alike stay different."""
    return address.strip().translate(_SMALL)


def by_username(name: str) -> User | None:
    """The user of that name, with the capitals that it has."""
    return User.objects.select_related("account__domain").filter(username=name).first()


def by_email(address: str) -> list[User]:
    """The users of an e-mail address, whatever its capitals. Nothing makes addresses unique."""
    if "@" not in address:
        return []
    # What the database takes for the same letter need not be the same address.
    found = User.objects.select_related("account__domain").filter(email__iexact=address).order_by("pk")
    return [user for user in found[:SAME_ADDRESS] if user.email.lower() == address.lower()]


def meant_by(typed: str) -> User | None:
    """The one user that a name or address means; None when it is nobody's, or several users'."""
    user = by_username(typed)
    if user is not None:
        return user
    users = by_email(typed)
    return users[0] if len(users) == 1 else None
