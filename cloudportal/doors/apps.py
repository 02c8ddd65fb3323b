from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "cloudportal.doors"
    label = "doors"

    def ready(self) -> None:
        # Registers its workflow, as the workflows of the domains do; and models are there only now.
        from cloudportal.doors import forget  # noqa: F401, PLC0415
        from cloudportal.doors.trail import listen  # noqa: PLC0415

        listen()
