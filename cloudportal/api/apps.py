from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "cloudportal.api"
    label = "api"
