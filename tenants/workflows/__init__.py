"""The job kinds of tenancy. Importing this registers them."""

from tenants.workflows.prune_sign_in import PRUNE_SIGN_IN
from tenants.workflows.send_mail import SEND_MAIL

__all__ = ["PRUNE_SIGN_IN", "SEND_MAIL"]
