from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "cloudportal.doors"
    label = "doors"

    def ready(self) -> None:
        # Registers its workflow, as the workflows of the domains do.
        from cloudportal.doors import forget  # noqa: F401, PLC0415
