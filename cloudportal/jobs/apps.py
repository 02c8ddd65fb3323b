from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cloudportal.jobs"
    label = "jobs"

    def ready(self) -> None:
        # Registers its workflow, as the workflows of the domains do.
        from cloudportal.jobs import prune  # noqa: F401, PLC0415
