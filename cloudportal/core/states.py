"""The lifecycle of an alert. The service, the buttons and the API's `allowed` field all read this table."""

from __future__ import annotations

from cloudportal.core.lifecycle import Lifecycle, Move, State

ALERT = Lifecycle(
    "alert",
    [
        State("Open", "red", "bell-ringing"),
        State("Acknowledged", "yellow", "eye-check"),
        State("Resolved", "green", "circle-check"),
    ],
    acknowledge=Move(frozenset({"Open"}), done="Acknowledged"),
    resolve=Move(frozenset({"Open", "Acknowledged"}), done="Resolved"),
)
UNRESOLVED = tuple(sorted(ALERT.resolve.start))
