from cloudportal.doors.models.idempotency_key import IdempotencyKey
from cloudportal.doors.models.rate_bucket import RateBucket

__all__ = ["IdempotencyKey", "RateBucket"]
