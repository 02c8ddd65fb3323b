from accounting.models.interval import UsageInterval
from accounting.models.record import UsageRecord

__all__ = ["UsageInterval", "UsageRecord"]
