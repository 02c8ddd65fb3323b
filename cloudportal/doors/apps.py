from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "cloudportal.doors"
    label = "doors"
