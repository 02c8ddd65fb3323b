"""Why a job turned back, in words for its user and a code for scripts."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from cloudportal.core.driver_errors import DriverError, Fatal, NotFound, Retryable, Unsupported
from cloudportal.core.errors import Refusal
from cloudportal.core.masking import masked

logger = structlog.get_logger(__name__)

_CODES: dict[type[DriverError], str] = {
    Retryable: "engine-unavailable",
    Fatal: "engine-refused",
    NotFound: "engine-lost-object",
    Unsupported: "engine-unsupported",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """A failure as the job keeps it; `engine` is for operators alone."""

    code: str
    message: str
    engine: str = ""


CANCELLED = Reason("cancelled", "Cancelled by request; what had been made was removed.")


def reason_of(error: Exception) -> Reason:
    """Engines and refusals speak for themselves; anything else is our defect and is logged with its trace."""
    if isinstance(error, DriverError):
        return Reason(_CODES.get(type(error), "engine-error"), masked(error.message), masked(error.engine))
    if isinstance(error, Refusal):
        return Reason(error.code, masked(error.message))
    logger.error("step failed unexpectedly", exc_info=error)
    return Reason(
        "internal", f"An internal error stopped this step ({type(error).__name__}); operators find it in the log."
    )
