"""Every hour: whose API keys end soon."""

from __future__ import annotations

from datetime import timedelta

from django.urls import reverse

from cloudportal.core.clock import WallClock
from cloudportal.core.models import Event
from cloudportal.jobs.periodic import every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants.models import ApiKey
from tenants.notifying.kinds import KEY_EXPIRES
from tenants.notifying.telling import Telling, tell

WARN_OF_EXPIRY = Workflow("tenants.warn_of_expiry", "Warn of API keys that end soon", cancellable=False)

BEFORE = timedelta(days=7)
BATCH = 500


@WARN_OF_EXPIRY.step("Tell their owners")
def warn(run: Run[None]) -> None:
    ending = ApiKey.objects.filter(is_enabled=True, expires_at__gt=WallClock(), expires_at__lt=WallClock() + BEFORE)
    last = 0
    while keys := list(ending.filter(pk__gt=last).order_by("pk")[:BATCH]):
        tell([_telling(key) for key in keys])
        last = keys[-1].pk
        run.checkpoint()


def _telling(key: ApiKey) -> Telling:
    """Once for each end that a key is given: one that is made to last longer is told of anew."""
    words = f"API key {key} ends at {key.expires_at:%Y-%m-%d %H:%M} UTC. Make another, or let this one last longer."
    mark = f"api-key:{key.uuid}:{key.expires_at:%Y%m%d%H%M%S}"
    return Telling([key.user_id], KEY_EXPIRES, words, reverse("tenants:api-keys"), Event.Level.WARNING, mark)


every(timedelta(hours=1), WARN_OF_EXPIRY)
