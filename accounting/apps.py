from django.apps import AppConfig


class AccountingConfig(AppConfig):
    name = "accounting"

    def ready(self) -> None:
        # Stored jobs find their workflow by name, so every process must have read the files that define them.
        from accounting import workflows  # noqa: F401, PLC0415
