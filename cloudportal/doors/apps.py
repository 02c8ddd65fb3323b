from django.apps import AppConfig


class DoorsConfig(AppConfig):
    name = "cloudportal.doors"
    label = "doors"

    def ready(self) -> None:
        # Models are there only now.
        from cloudportal.doors.trail import listen  # noqa: PLC0415

        listen()
