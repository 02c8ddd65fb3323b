"""Every job kind of tenancy."""

from tenants.workflows.deliver_webhook import DELIVER_WEBHOOK
from tenants.workflows.dispatch_events import DISPATCH_EVENTS

__all__ = ["DELIVER_WEBHOOK", "DISPATCH_EVENTS"]
