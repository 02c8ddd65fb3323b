"""Shares in use from which operators are alerted: settings of a place, with some way back before it is over."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cloudportal.core.alerts import Condition, Subject
from cloudportal.core.configuration import Setting, share, value_of
from cloudportal.core.models import Event

MARGIN = share(
    "alerts.margin_share",
    "0.05",
    "How far below its threshold a share must fall before the alert resolves itself.",
    scopes=("pool", "cluster", "zone"),
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """From `notify` on there is an alert, from `urgent` on it is an error."""

    notify: Setting[Decimal]
    urgent: Setting[Decimal]

    def condition(self, subject: Subject, noun: str, used: int, total: int, *places: Any) -> Condition | None:
        """What holds for something that is used in part; None where nothing does. `noun`: “CPUs promised”."""
        part = Decimal(used) / total if total else Decimal(0)
        urgent = value_of(self.urgent, *places)
        notify = min(urgent, value_of(self.notify, *places))
        if not total or part < notify - value_of(MARGIN, *places):
            return None
        level = Event.Level.ERROR if part >= urgent else Event.Level.WARNING
        words = f"{subject.name}: {part:.0%} of the {noun}; the threshold is {notify:.0%}."
        return Condition(subject, words, level, opens=part >= notify)


def threshold(name: str, words: str, *, scopes: tuple[str, ...]) -> Threshold:
    """Declare the two settings of what can run short."""
    return Threshold(
        share(f"alerts.{name}_notify_share", "0.75", f"The share of {words} from which operators are alerted.",
              scopes=scopes),
        share(f"alerts.{name}_urgent_share", "0.85", f"The share of {words} from which the alert is an error.",
              scopes=scopes),
    )  # fmt: skip
