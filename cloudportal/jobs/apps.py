from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cloudportal.jobs"
    label = "jobs"
