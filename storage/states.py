"""Lifecycles of storage."""

from __future__ import annotations

from cloudportal.core.lifecycle import Lifecycle, Move, State

VOLUME = Lifecycle(
    "volume",
    [
        State("Allocated", "secondary"),
        State("Creating", "azure", transient=True),
        State("Ready", "green"),
        State("Expunging", "orange", transient=True),
        State("Expunged", "secondary"),
        State("Error", "red"),
    ],
    create=Move(frozenset({"Allocated"}), during="Creating", done="Ready", failed="Error"),
    delete=Move(frozenset({"Ready", "Error", "Expunging"}), during="Expunging", done="Expunged", failed="Expunging"),
)

TEMPLATE = Lifecycle(
    "template",
    [
        State("Allocated", "secondary"),
        State("Downloading", "azure", transient=True),
        State("Ready", "green"),
        State("Removing", "orange", transient=True),
        State("Removed", "secondary"),
        State("Error", "red"),
    ],
    register=Move(frozenset({"Allocated"}), during="Downloading", done="Ready", failed="Error"),
    delete=Move(frozenset({"Ready", "Error", "Removing"}), during="Removing", done="Removed", failed="Removing"),
)

TEMPLATE_COPY = Lifecycle(
    "template copy",
    [
        State("Allocated", "secondary"),
        State("Copying", "azure", transient=True),
        State("Ready", "green"),
    ],
    copy=Move(frozenset({"Allocated"}), during="Copying", done="Ready", failed="Allocated"),
)
