"""Alerts: somebody says that they have seen one."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from cloudportal.core import clock, events
from cloudportal.core.alerts import KINDS, announce
from cloudportal.core.errors import InvalidInput
from cloudportal.core.models import Alert
from cloudportal.core.states import ALERT
from cloudportal.core.writing import check_fields
from tenants.actor import Actor

LONGEST_NOTE = 1000


def acknowledge_alert(actor: Actor, *, alert: Alert, note: str = "") -> Alert:
    """Say that somebody sees to it. What only happened, such as a failed job, is resolved by that.

    Raises:
        PermissionDenied: the actor does not manage alerts.
        InvalidInput: the note is too long, or can't be stored.
        Conflict: somebody was faster, or it is over.
    """
    actor.require_everywhere("alerts.manage")
    if len(note) > LONGEST_NOTE:
        raise InvalidInput({"note": f"A note has at most {LONGEST_NOTE} characters."})
    alert.note = note.strip()
    check_fields(alert, only={"note"})
    kind = KINDS.get(alert.kind)
    is_over = kind is None or not kind.lasts
    moment = clock.now()
    changes: dict[str, Any] = {
        "state": ALERT.resolve.done if is_over else ALERT.acknowledge.done,
        "acknowledged_by_id": actor.user_id, "acknowledged_by": actor.name, "acknowledged_at": moment,
        "note": alert.note, "resolved_at": moment if is_over else None,
    }  # fmt: skip
    with transaction.atomic():
        if not Alert.objects.filter(pk=alert.pk, state__in=ALERT.acknowledge.start).update(**changes):
            alert.refresh_from_db()
            raise ALERT.acknowledge.refusal(alert)
        alert.refresh_from_db()
        words = f"Acknowledged: {alert.message}"
        after = {"state": alert.state, "note": alert.note}
        events.record(
            actor, "alerts.acknowledge", words, resource=alert, before={"state": "Open"}, after=after, kind=alert.kind
        )
        announce(alert.uuid)
    return alert
