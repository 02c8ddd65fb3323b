from django.apps import AppConfig


class InfrastructureConfig(AppConfig):
    name = "cloudportal.infrastructure"
    label = "infrastructure"
