"""The job kinds of tenancy. Importing this registers them."""

from tenants.workflows.check_limits import CHECK_LIMITS

__all__ = ["CHECK_LIMITS"]
