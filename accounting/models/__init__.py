from accounting.models.hour import UsageHour
from accounting.models.interval import UsageInterval
from accounting.models.record import UsageRecord

__all__ = ["UsageHour", "UsageInterval", "UsageRecord"]
