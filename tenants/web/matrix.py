"""Permissions as people read them: areas down, actions across."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import Grant
from tenants.permissions import PERMISSIONS, area_of, effective

AREAS: dict[str, str | Promise] = {
    "tenancy": _("Domains and accounts"),
    "users": _("Users and groups"),
    "roles": _("Roles and grants"),
    "projects": _("Projects"),
    "infrastructure": _("Infrastructure"),
    "alerts": _("Alerts"),
    "compute": _("Instances and SSH keys"),
    "network": _("Networks"),
    "storage": _("Volumes and templates"),
    "accounting": _("Usage and cost"),
    "jobs": _("Jobs and events"),
    "audit": _("Origins of events"),
    "webhooks": _("Webhooks"),
}
ACTIONS: dict[str, str | Promise] = {
    "view": _("See"),
    "manage": _("Manage"),
    "console": _("Console"),
    "export": _("Export"),
    "act_as": _("Act for"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """A permission in the matrix. `words` says what it allows; `open`, whether whoever fills it in may tick it."""

    name: str
    words: str
    has: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Row:
    """An area; the cells stand in the order of the actions, None where the area has no such permission."""

    area: str | Promise
    cells: list[Cell | None]


def columns() -> list[str | Promise]:
    """The actions that any permission has, in order."""
    return [_label(ACTIONS, name) for name in _actions()]


def matrix(has: Collection[str], is_open: Callable[[str], bool] = lambda name: False) -> list[Row]:
    """All permissions, with those marked that a role has."""
    areas = dict.fromkeys(area_of(name) for name in PERMISSIONS)
    return [Row(_label(AREAS, area), [_cell(area, action, has, is_open) for action in _actions()]) for area in areas]


def _cell(area: str, action: str, has: Collection[str], is_open: Callable[[str], bool]) -> Cell | None:
    name = f"{area}.{action}"
    return Cell(name, PERMISSIONS[name], name in has, is_open(name)) if name in PERMISSIONS else None


def _actions() -> list[str]:
    """Those that have a label first; one that is new stands behind them, under its own name."""
    found = dict.fromkeys(name.partition(".")[2] for name in PERMISSIONS)
    return [name for name in ACTIONS if name in found] + [name for name in found if name not in ACTIONS]


def _label(labels: dict[str, str | Promise], name: str) -> str | Promise:
    return labels.get(name, name.capitalize())


@dataclass(frozen=True, slots=True)
class Reason:
    """A permission with the grants that give it."""

    name: str
    words: str
    grants: list[Grant]


def reasons(grants: list[Grant]) -> list[Reason]:
    """Everything that some grants allow, and which of them do."""
    found: dict[str, list[Grant]] = {}
    for grant in grants:
        at_root = grant.domain is not None and grant.domain.is_root
        for name in effective(grant.role.permissions, at_root=at_root):
            found.setdefault(name, []).append(grant)
    return [Reason(name, words, found[name]) for name, words in PERMISSIONS.items() if name in found]
