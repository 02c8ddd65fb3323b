from cloudportal.core.models.alert import Alert
from cloudportal.core.models.base import Noun
from cloudportal.core.models.event import Event
from cloudportal.core.models.notice import EventNotice
from cloudportal.core.models.setting_value import SettingValue
from cloudportal.core.models.usage_event import UsageEvent

__all__ = ["Alert", "Event", "EventNotice", "Noun", "SettingValue", "UsageEvent"]
