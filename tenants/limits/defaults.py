"""What an account may have until somebody says otherwise. Domains are unlimited until somebody limits them."""

from __future__ import annotations

from django.conf import settings

from tenants.resources import RESOURCES


def default_of(key: str) -> int:
    """The default of an account, in the unit that is counted."""
    resource = RESOURCES[key]
    return resource.counted(settings.ACCOUNT_LIMITS[resource.name])
