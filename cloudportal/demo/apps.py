from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "cloudportal.demo"
    label = "demo"
