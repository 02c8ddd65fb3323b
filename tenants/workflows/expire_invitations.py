"""Every hour: invitations that nobody answered in time are called expired, and old ones are forgotten.

Whether one can still be answered depends on its time alone, and not on this.
"""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.clock import WallClock
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import ProjectInvitation
from tenants.states import INVITATION

EXPIRE_INVITATIONS = Workflow("tenants.expire_invitations", "End invitations", cancellable=False)

REMEMBERED = timedelta(days=90)


@EXPIRE_INVITATIONS.step("Call them expired")
def expire(run: Run[None]) -> None:
    over = ProjectInvitation.objects.filter(state__in=INVITATION.expire.start, expires_at__lte=WallClock())
    over.update(state=INVITATION.expire.done)


@EXPIRE_INVITATIONS.step("Forget those of long ago")
def forget(run: Run[None]) -> None:
    """They hold addresses of people who may have nothing to do with us; events keep what was done."""
    ProjectInvitation.objects.exclude(state="Pending").filter(expires_at__lt=WallClock() - REMEMBERED).delete()


every(timedelta(hours=1), EXPIRE_INVITATIONS)
