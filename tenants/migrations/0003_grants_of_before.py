"""Who managed the tenancy, used the cloud or saw its jobs before gets what their roles hold now.

New grants come by the roles; these are for those who were granted them before.
"""

from typing import Any

from django.db import migrations

# The new permission, its words, and the old one with which it comes.
NEW = [
    ("tenancy.act_as", "Act for users", "tenancy.manage"),
    ("audit.view", "See from where changes came: address, key and session", "tenancy.manage"),
    ("audit.export", "Export events", "tenancy.manage"),
    ("webhooks.view", "See webhooks and what they delivered", "jobs.view"),
    ("webhooks.manage", "Create, change and delete webhooks", "compute.manage"),
]

PERMISSION = """
INSERT INTO auth_permission (name, content_type_id, codename)
SELECT %(words)s, t.id, %(name)s FROM django_content_type t
WHERE t.app_label = 'tenants' AND t.model IN ('domain', 'account')
ON CONFLICT (content_type_id, codename) DO NOTHING
"""

GRANT = """
INSERT INTO {table} ({who}, permission_id, content_object_id)
SELECT g.{who}, new.id, g.content_object_id
FROM {table} g
JOIN auth_permission old ON old.id = g.permission_id AND old.codename = %(old)s
JOIN auth_permission new ON new.content_type_id = old.content_type_id AND new.codename = %(name)s
ON CONFLICT DO NOTHING
"""

TABLES = [
    ("tenants_domainuserobjectpermission", "user_id"),
    ("tenants_domaingroupobjectpermission", "group_id"),
    ("tenants_accountuserobjectpermission", "user_id"),
    ("tenants_accountgroupobjectpermission", "group_id"),
]


def grant(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        for name, words, old in NEW:
            cursor.execute(PERMISSION, {"name": name, "words": words})
            for table, who in TABLES:
                cursor.execute(GRANT.format(table=table, who=who), {"name": name, "old": old})


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_view_as"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
