from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        # Stored jobs find their workflow by name, so every process must have read the files that define them.
        from tenants import workflows  # noqa: F401, PLC0415
