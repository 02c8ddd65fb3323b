from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cloudportal.jobs"
    label = "jobs"

    def ready(self) -> None:
        # They register their workflows, as those of the domains do.
        from cloudportal.jobs import prune, retention  # noqa: F401, PLC0415
