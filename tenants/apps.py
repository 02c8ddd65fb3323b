from typing import Any

from django.apps import AppConfig
from django.apps import apps as registry
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        # Stored jobs find their workflow by name, so every process must have read the files that define them.
        from tenants import places, workflows  # noqa: F401, PLC0415

        # As Django itself does with its permissions: after every change of the tables, and when tests empty them.
        post_migrate.connect(_sync_roles, sender=self, dispatch_uid="tenants.built_in_roles")


def _sync_roles(apps: Any = registry, **_options: Any) -> None:
    from tenants.roles import sync_built_in_roles  # noqa: PLC0415

    try:
        apps.get_model("tenants", "Role")
    except LookupError:
        return  # the tables are at a state from before there were roles
    sync_built_in_roles()
