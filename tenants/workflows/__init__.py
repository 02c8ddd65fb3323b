"""The job kinds of tenancy. Importing this registers them."""

from tenants.workflows.check_limits import CHECK_LIMITS
from tenants.workflows.delete_account import DELETE_ACCOUNT
from tenants.workflows.delete_domain import DELETE_DOMAIN
from tenants.workflows.deliver_webhook import DELIVER_WEBHOOK
from tenants.workflows.dispatch_events import DISPATCH_EVENTS
from tenants.workflows.expire_invitations import EXPIRE_INVITATIONS
from tenants.workflows.prune_notifications import PRUNE_NOTIFICATIONS
from tenants.workflows.prune_sign_in import PRUNE_SIGN_IN
from tenants.workflows.send_mail import SEND_MAIL
from tenants.workflows.stop_account import STOP_ACCOUNT
from tenants.workflows.warn_of_expiry import WARN_OF_EXPIRY

__all__ = [
    "CHECK_LIMITS",
    "DELETE_ACCOUNT",
    "DELETE_DOMAIN",
    "DELIVER_WEBHOOK",
    "DISPATCH_EVENTS",
    "EXPIRE_INVITATIONS",
    "PRUNE_NOTIFICATIONS",
    "PRUNE_SIGN_IN",
    "SEND_MAIL",
    "STOP_ACCOUNT",
    "WARN_OF_EXPIRY",
]
