"""Keys as doors see them."""

from __future__ import annotations

from tenants.models import User
from tenants.services.key_holders import holder_of_key

HERE = "127.0.0.1"


def user_behind(text: str, address: str = HERE) -> User | None:
    """The user that a key acts as when it comes from an address; None when it is refused."""
    holder = holder_of_key(text, address=address)
    return holder.user if holder else None
