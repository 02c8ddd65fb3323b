from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "cloudportal.live"
    label = "live"
