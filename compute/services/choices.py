"""What an instance may be made of: what its account owns, and what others share with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudportal.core.errors import InvalidInput
from compute.locks import hold_ssh_keys
from compute.models import Instance, SSHKey
from network.models import Network
from tenants.actor import Actor
from tenants.sharing import hold_share, is_shared_with, noun_of, refuse_inactive_owner

# Things of others, by the field that they were chosen in.
Foreign = Mapping[str, Sequence[Any]]


def foreign_of(
    actor: Actor, instance: Instance, networks: Sequence[Network], ssh_keys: Sequence[SSHKey]
) -> dict[str, list[Any]]:
    """What of the choices takes a share with the instance's account.

    A template for everybody takes none, nor one of an account that the actor sees into.
    """
    template, home = instance.template, instance.account_id
    free = template.is_public or template.account_id == home or actor.may("storage.view", template.account)
    found: dict[str, list[Any]] = {
        "template": [] if free else [template],
        "networks": [network for network in networks if network.account_id != home],
        "ssh_keys": [key for key in ssh_keys if key.account_id != home],
    }
    return {field: things for field, things in found.items() if things}


def check_shares(instance: Instance, foreign: Foreign) -> dict[str, str]:
    """What may not be used, in words at its field.

    Raises:
        OwnerInactive: something is shared by an account that is disabled or being removed.
    """
    errors = {
        field: _refusal(thing, instance)
        for field, things in foreign.items()
        for thing in things
        if not is_shared_with(thing, instance.account)
    }
    if not errors:
        for things in foreign.values():
            for thing in things:
                refuse_inactive_owner(thing)
    return errors


def hold_keys(ssh_keys: Sequence[SSHKey]) -> None:
    """Keep keys from being deleted until the transaction ends.

    Raises:
        InvalidInput: one is gone.
    """
    there = hold_ssh_keys(ssh_keys)
    if gone := [key for key in ssh_keys if key.pk not in there]:
        raise InvalidInput({"ssh_keys": f"SSH key {gone[0]} was deleted meanwhile."})


def hold_shares(instance: Instance, foreign: Foreign) -> None:
    """Keep what is shared usable until the transaction ends. For callers that have locked the things themselves.

    Raises:
        InvalidInput: a share ended since it was checked.
    """
    for field, things in foreign.items():
        for thing in things:
            if not hold_share(thing, instance.account):
                raise InvalidInput({field: _refusal(thing, instance)})


def _refusal(thing: Any, instance: Instance) -> str:
    noun = noun_of(thing)
    called = f"{noun[:1].upper()}{noun[1:]} {thing}"
    return f"{called} belongs to another account, and is not shared with account {instance.account}."
