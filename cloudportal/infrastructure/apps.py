from django.apps import AppConfig


class InfrastructureConfig(AppConfig):
    name = "cloudportal.infrastructure"
    label = "infrastructure"

    def ready(self) -> None:
        # Settings are found by their names, places by their models, and checks by the kinds of their alerts.
        from cloudportal.infrastructure import alerts, places, settings  # noqa: F401, PLC0415
