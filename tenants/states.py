"""Lifecycles of domains and accounts, in CloudStack's words."""

from __future__ import annotations

from cloudportal.core.lifecycle import Lifecycle, Move, State

DOMAIN = Lifecycle(
    "domain",
    [
        State("Active", "green"),
        State("Suspended", "orange"),
        State("Removing", "orange", transient=True),
        State("Removed", "secondary"),
    ],
    suspend=Move(frozenset({"Active"}), done="Suspended"),
    activate=Move(frozenset({"Suspended"}), done="Active"),
    # After a failed removal nobody works in what is left until somebody above says so.
    delete=Move(frozenset({"Active", "Suspended"}), during="Removing", done="Removed", failed="Suspended"),
)

ACCOUNT = Lifecycle(
    "account",
    [
        State("Enabled", "green"),
        State("Locked", "orange"),
        State("Disabled", "red"),
        State("Removing", "orange", transient=True),
        State("Removed", "secondary"),
    ],
    enable=Move(frozenset({"Locked", "Disabled"}), done="Enabled"),
    lock=Move(frozenset({"Enabled", "Disabled"}), done="Locked"),
    disable=Move(frozenset({"Enabled", "Locked"}), done="Disabled"),
    delete=Move(frozenset({"Enabled", "Locked", "Disabled"}), during="Removing", done="Removed", failed="Disabled"),
)

# Users of an account in these may sign in; only in the first may anything be created or changed.
ACTING = ("Enabled", "Locked")
GROWING = "Enabled"
OPEN = "Active"
