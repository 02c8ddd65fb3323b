from django.apps import AppConfig


class StorageConfig(AppConfig):
    name = "storage"

    def ready(self) -> None:
        # Stored jobs find their workflow by name, so every process must have read the files that define them.
        # Tenancy counts and removes what accounts hold by what is registered in holdings.
        from storage import alerts, holdings, places, settings, workflows  # noqa: F401, PLC0415
