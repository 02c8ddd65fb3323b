"""Lifecycles of networks."""

from __future__ import annotations

from cloudportal.core.lifecycle import Lifecycle, Move, State

NETWORK = Lifecycle(
    "network",
    [
        State("Allocated", "secondary"),
        State("Implementing", "azure", transient=True),
        State("Implemented", "green"),
        State("Shutdown", "orange", transient=True),
        State("Destroyed", "secondary"),
        State("Error", "red"),
    ],
    create=Move(frozenset({"Allocated"}), during="Implementing", done="Implemented", failed="Error"),
    delete=Move(
        frozenset({"Implemented", "Error", "Shutdown"}), during="Shutdown", done="Destroyed", failed="Shutdown"
    ),
)
