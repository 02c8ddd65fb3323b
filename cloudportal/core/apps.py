from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "cloudportal.core"
    label = "core"
