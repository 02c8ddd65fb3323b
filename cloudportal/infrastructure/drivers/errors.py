"""The errors of drivers, under the name that drivers know. The job engine reads them too, so core has them."""

from cloudportal.core.driver_errors import DriverError, Fatal, NotFound, Retryable, Unsupported

__all__ = ["DriverError", "Fatal", "NotFound", "Retryable", "Unsupported"]
