"""The job kinds of storage. Importing this registers them."""

from storage.workflows.check_pools import CHECK_POOLS
from storage.workflows.copy_template import COPY_TEMPLATE
from storage.workflows.delete_template import DELETE_TEMPLATE
from storage.workflows.register_template import REGISTER_TEMPLATE

__all__ = ["CHECK_POOLS", "COPY_TEMPLATE", "DELETE_TEMPLATE", "REGISTER_TEMPLATE"]
