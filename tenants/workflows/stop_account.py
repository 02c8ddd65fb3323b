"""Stopping what a disabled account has running, in its projects too."""

from __future__ import annotations

from cloudportal.jobs.run import Run
from cloudportal.jobs.workflow import Wait, Workflow
from tenants.holdings import HOLDINGS
from tenants.models import Account, Project
from tenants.workflows.emptying import bring_to_end

STOP_ACCOUNT = Workflow("tenancy.stop_account", "Stop everything of account")


@STOP_ACCOUNT.step("Stop what runs", deadline_seconds=6 * 3600)
def stop(run: Run[Account]) -> Wait | None:
    account = run.refresh()
    if account.state != "Disabled":
        run.log(f"Account {account} is {account.state} again; the rest keeps running.")
        return None
    accounts = [account.pk, *Project.objects.filter(owner=account, removed_at=None).values_list("account", flat=True)]
    for holding in HOLDINGS:
        if holding.running is None or holding.stop is None:
            continue
        if wait := bring_to_end(run, holding.running(accounts), holding.stop, f"Stopping {holding.noun}"):
            return wait
    return None
