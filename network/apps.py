from django.apps import AppConfig


class NetworkConfig(AppConfig):
    name = "network"

    def ready(self) -> None:
        # Stored jobs find their workflow by name, so every process must have read the files that define them.
        from network import workflows  # noqa: F401, PLC0415
