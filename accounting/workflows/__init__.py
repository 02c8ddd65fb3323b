"""The job kinds of accounting. Importing this registers them."""

from accounting.workflows.meter import CLOSE_HOURS, FOLD_USAGE

__all__ = ["CLOSE_HOURS", "FOLD_USAGE"]
