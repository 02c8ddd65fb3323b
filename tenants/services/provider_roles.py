"""What a provider may give by its groups."""

from __future__ import annotations

from typing import Any

from cloudportal.core.errors import InvalidInput
from tenants.actor import Actor
from tenants.might import refuse_beyond
from tenants.models import IdentityProvider
from tenants.permissions import BUILT_IN

MOST_MAPPINGS = 100
# Nobody comes to rule the whole cloud that way.
ROLES = {code: role.permissions for code, role in BUILT_IN.items() if not role.only_root}


def check_mapping(actor: Actor, provider: IdentityProvider) -> None:
    """Nobody gives away by a provider what they could not grant themselves.

    Raises:
        InvalidInput: the mapping is malformed.
        PermissionDenied: it gives what the actor lacks.
    """
    mapping = provider.role_mapping
    if not isinstance(mapping, list) or len(mapping) > MOST_MAPPINGS:
        raise InvalidInput({"role_mapping": f"This must be a list of at most {MOST_MAPPINGS} entries."})
    for entry in mapping:
        if not isinstance(entry, dict) or set(entry) != {"group", "role", "on"} or not _is_text(entry["group"]):
            raise InvalidInput({"role_mapping": "Each entry has a group, a role, and on what: account or domain."})
        if entry["role"] not in ROLES or entry["on"] not in {"account", "domain"}:
            raise InvalidInput({"role_mapping": f"There is no role “{entry['role']}” on “{entry['on']}”."})
        refuse_beyond(actor, ROLES[entry["role"]], provider.domain, verb="give away")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255
