from django.apps import AppConfig


class InfrastructureConfig(AppConfig):
    name = "cloudportal.infrastructure"
    label = "infrastructure"

    def ready(self) -> None:
        # Settings are found by their names, and places by their models.
        from cloudportal.infrastructure import places, settings  # noqa: F401, PLC0415
