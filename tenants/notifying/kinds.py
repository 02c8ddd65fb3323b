"""The kinds of notifications. Each user says of each whether it comes in the pages, by mail, both or not at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind, and how it is told to who has not said otherwise. `permission`: what on the whole cloud it is for."""

    name: str
    label: str
    help: str
    page: bool = True
    mail: bool = True
    permission: str = ""


KINDS: dict[str, Kind] = {}


def declare(name: str, label: str, help: str, *, page: bool = True, mail: bool = True, permission: str = "") -> Kind:
    """Make a kind of notification known to every door."""
    if name in KINDS:
        raise ValueError(f"Two kinds of notifications are called {name}")
    KINDS[name] = Kind(name, label, help, page, mail, permission)
    return KINDS[name]


JOB_FAILED = declare("job-failed", "Your job failed", "Something that you asked for could not be done.", mail=False)
LIMIT = declare("limit", "Limit", "An account or domain of yours has used 80 % of a limit, or was refused by one.")
ROLE = declare("role", "Roles", "A role was granted to you, or taken from you.")
INVITATION = declare(
    "invitation", "Invitation", "Somebody invites you to a project; the invitation itself comes by mail.", mail=False
)
SHARE = declare(
    "share", "Shared with you", "Another account shares something with an account of yours, or no longer.", mail=False
)
KEY_EXPIRES = declare("key-expires", "API key expires", "An API key of yours ends within seven days.")
WEBHOOK_DISABLED = declare(
    "webhook-disabled", "Webhook disabled", "A webhook that you manage accepted nothing for days."
)
ALERT_ERROR = declare(
    "alert-error", "Alert: error", "An alert of the cloud opened that is an error.", permission="alerts.view"
)
ALERT_WARNING = declare(
    "alert-warning", "Alert: warning", "An alert of the cloud opened that is a warning.", mail=False,
    permission="alerts.view",
)  # fmt: skip
