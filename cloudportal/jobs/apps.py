from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "cloudportal.jobs"
    label = "jobs"

    def ready(self) -> None:
        # They register their workflows, as those of the domains do.
        from cloudportal.jobs import alerts, check_alerts, prune, prune_alerts, retention  # noqa: F401, PLC0415
