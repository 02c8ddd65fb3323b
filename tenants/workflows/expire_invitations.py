"""Every hour: invitations that nobody answered in time are called expired. They have been good for nothing since."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core.clock import WallClock
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import ProjectInvitation
from tenants.states import INVITATION

EXPIRE_INVITATIONS = Workflow("tenants.expire_invitations", "End invitations", cancellable=False)


@EXPIRE_INVITATIONS.step("Call them expired")
def expire(run: Run[None]) -> None:
    over = ProjectInvitation.objects.filter(state__in=INVITATION.expire.start, expires_at__lte=WallClock())
    over.update(state=INVITATION.expire.done)


every(timedelta(hours=1), EXPIRE_INVITATIONS)
