from django.apps import AppConfig


class BenchConfig(AppConfig):
    name = "cloudportal.bench"
    label = "bench"
