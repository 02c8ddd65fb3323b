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

# A project is an account, in words of its own. These tables say what doors offer; the account's move is what counts.
PROJECT = Lifecycle(
    "project",
    [
        State("Active", "green"),
        State("Locked", "orange"),
        State("Suspended", "orange"),
        State("Removing", "orange", transient=True),
        State("Removed", "secondary"),
    ],
    suspend=Move(frozenset({"Active", "Locked"}), done="Suspended"),
    activate=Move(frozenset({"Suspended", "Locked"}), done="Active"),
    delete=Move(frozenset({"Active", "Locked", "Suspended"}), during="Removing", done="Removed", failed="Suspended"),
)
PROJECT_STATES = dict(zip(ACCOUNT.states, PROJECT.states, strict=True))

INVITATION = Lifecycle(
    "invitation",
    [
        State("Pending", "azure"),
        State("Accepted", "green"),
        State("Declined", "secondary"),
        State("Revoked", "secondary"),
        State("Expired", "orange"),
    ],
    accept=Move(frozenset({"Pending"}), done="Accepted"),
    decline=Move(frozenset({"Pending"}), done="Declined"),
    revoke=Move(frozenset({"Pending"}), done="Revoked"),
    expire=Move(frozenset({"Pending"}), done="Expired"),
    # With another link and another end.
    resend=Move(frozenset({"Pending", "Expired"}), done="Pending"),
)

# Users of an account in these may sign in; only in the first may anything be created or changed.
ACTING = ("Enabled", "Locked")
GROWING = "Enabled"
OPEN = "Active"
