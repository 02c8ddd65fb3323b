"""Guardian's four tables as one, to be read. Ids are told apart by their remainder."""

from django.db import migrations

_PARTS = (
    ("domainuser", "on_domain_id", "g.user_id", "NULL::bigint", "g.content_object_id", "NULL::bigint"),
    ("domaingroup", "on_domain_id", "NULL::bigint", "p.id", "g.content_object_id", "NULL::bigint"),
    ("accountuser", "on_account_id", "g.user_id", "NULL::bigint", "NULL::bigint", "g.content_object_id"),
    ("accountgroup", "on_account_id", "NULL::bigint", "p.id", "NULL::bigint", "g.content_object_id"),
)


def _part(number, table, permission, user, group, domain, account):
    groups = "JOIN tenants_group p ON p.auth_id = g.group_id" if "group" in table else ""
    return f"""
    SELECT g.id * 4 + {number} AS id, g.uuid, g.created_at, r.id AS role_id, {user} AS user_id, {group} AS group_id,
           {domain} AS domain_id, {account} AS account_id
    FROM tenants_{table}objectpermission g JOIN tenants_role r ON r.{permission} = g.permission_id {groups}
    """


_VIEW = "CREATE VIEW tenants_grant AS" + "UNION ALL".join(_part(n, *part) for n, part in enumerate(_PARTS))


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_grants_become_roles"),
    ]

    operations = [migrations.RunSQL(_VIEW, "DROP VIEW tenants_grant")]
