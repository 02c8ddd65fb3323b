"""The lifecycle of instances, in CloudStack's words."""

from __future__ import annotations

from cloudportal.core.lifecycle import Lifecycle, Move, State

INSTANCE = Lifecycle(
    "instance",
    [
        State("Allocated", "secondary"),
        State("Starting", "azure", transient=True),
        State("Running", "green"),
        State("Stopping", "azure", transient=True),
        State("Stopped", "secondary"),
        State("Destroyed", "orange"),
        State("Expunging", "orange", transient=True),
        State("Expunged", "secondary"),
        State("Error", "red"),
    ],
    deploy=Move(frozenset({"Allocated"}), during="Starting", done="Running", failed="Error"),
    start=Move(frozenset({"Stopped"}), during="Starting", done="Running", failed="Stopped"),
    stop=Move(frozenset({"Running"}), during="Stopping", done="Stopped", failed="Running"),
    reboot=Move(frozenset({"Running"}), done="Running", failed="Running"),
    # A failed destroy stays Stopping with its host still reserved: nobody knows whether it runs. It may be tried again.
    destroy=Move(frozenset({"Running", "Stopped", "Stopping"}), during="Stopping", done="Destroyed", failed="Stopping"),
    recover=Move(frozenset({"Destroyed"}), done="Stopped"),
    expunge=Move(
        frozenset({"Destroyed", "Stopped", "Error", "Expunging"}),
        during="Expunging",
        done="Expunged",
        failed="Expunging",
    ),
)
