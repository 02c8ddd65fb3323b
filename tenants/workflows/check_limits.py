"""Every quarter of an hour: counters of limits are compared with what they count. A difference is a defect of ours."""

from __future__ import annotations

from datetime import timedelta

from cloudportal.core import events
from cloudportal.core.models import Event
from cloudportal.jobs.periodic import System, every
from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Workflow
from tenants import limits
from tenants.limits.recount import Drift
from tenants.models import Account, Domain
from tenants.resources import RESOURCES

CHECK_LIMITS = Workflow("tenants.check_limits", "Recount limits", cancellable=False)


@CHECK_LIMITS.step("Compare counters with what they count", deadline_seconds=300)
def compare(run: Run[None]) -> None:
    found = limits.recount()
    accounts = Account.objects.in_bulk({drift.account_id for drift in found if drift.account_id is not None})
    domains = Domain.objects.in_bulk({drift.domain_id for drift in found if drift.domain_id is not None})
    for drift in found:
        words = _words(drift, accounts, domains)
        run.log(words, "error")
        # Without an account: it is for operators, who may see what belongs to none.
        events.record(System(), "tenants.limits_drift", words, level=Event.Level.ERROR)


def _words(drift: Drift, accounts: dict[int, Account], domains: dict[int, Domain]) -> str:
    owner = f"domain {domains[drift.domain_id]}" if drift.domain_id else f"account {accounts[drift.account_id or 0]}"
    resource = RESOURCES[drift.resource]
    used, counted = resource.number(drift.used), resource.words(drift.counted)
    verb = "is" if drift.counted == resource.scale else "are"
    return f"The counter of {owner} said {used}, and there {verb} {counted}. It was put right."


every(timedelta(minutes=15), CHECK_LIMITS)
