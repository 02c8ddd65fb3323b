"""The usage page."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from accounting import selectors
from accounting.filters import PeriodForm
from accounting.web.chart import draw
from cloudportal.core import clock
from cloudportal.core.errors import InvalidInput
from cloudportal.doors.web.base import Page
from tenants.models import Account

SHOWN = 200


class Usage(Page):
    """What was held in a period and what it costs. The period stands in the address."""

    template_name = "accounting/usage.html"
    parts = {"results": "accounting/_usage.html"}
    permission = "accounting.view"

    def context(self, **extra: Any) -> dict[str, Any]:
        form = PeriodForm(self.request.GET)
        accounts = self.actor.accounts("accounting.view").order_by("name")
        several = list(accounts[:100])
        context = {"form": form, "accounts": several if len(several) > 1 else [], "presets": presets(clock.now())}
        try:
            return super().context(**context, **self._report(**form.checked(self.actor)), **extra)
        except InvalidInput as error:
            return super().context(**context, problem=error.message, account=None, **extra)

    def _report(self, start: dt.datetime, end: dt.datetime, account: Account | None) -> dict[str, Any]:
        rows = selectors.usage(self.actor, start, end, account)
        days = selectors.cost_by_day(self.actor, start, end, account)
        period = {"start": _stamp(start), "end": _stamp(end)} | ({"account": str(account.uuid)} if account else {})
        return {
            "start": start,
            "end": end,
            "account": account,
            "rows": rows[:SHOWN],
            "there": selectors.still_there(self.actor, rows[:SHOWN]),
            "hidden": max(0, len(rows) - SHOWN),
            "total": sum((row.cost for row in rows), Decimal(0)),
            "days": days,
            "chart": draw(days),
            "export": urlencode(period),
        }


def presets(now: dt.datetime) -> list[dict[str, str]]:
    """Periods that people ask for."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = (month - dt.timedelta(days=1)).replace(day=1)
    week = (now - dt.timedelta(days=7)).replace(hour=0, minute=0, second=0, microsecond=0)
    thirty = (now - dt.timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        {"label": "This month", "query": ""},
        {"label": "Last month", "query": urlencode({"start": f"{before:%Y-%m-%d}", "end": f"{month:%Y-%m-%d}"})},
        {"label": "Last 7 days", "query": urlencode({"start": f"{week:%Y-%m-%d}"})},
        {"label": "Last 30 days", "query": urlencode({"start": f"{thirty:%Y-%m-%d}"})},
    ]


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
