"""What was granted as a row for each permission becomes roles: as few rows as cover it, and nothing more or less.

The sets are copied here as they were when roles became rows, so that this means the same for ever; the built-in
roles are brought to what a version says of them after every migration.
"""

from django.db import migrations

_OLD = (
    "tenancy.view", "tenancy.manage", "infrastructure.view", "infrastructure.manage", "compute.view", "compute.manage",
    "compute.console", "network.view", "network.manage", "storage.view", "storage.manage", "accounting.view", "jobs.view",
)  # fmt: skip
# Managing the tenancy meant users and grants, too.
_SPLIT = {
    "tenancy.view": {"tenancy.view", "users.view", "roles.view"},
    "tenancy.manage": {"tenancy.manage", "users.manage", "roles.manage"},
}
_OF_THE_CLOUD = {"infrastructure.view", "infrastructure.manage"}
_SEE_THINGS = {"compute.view", "network.view", "storage.view", "accounting.view", "jobs.view"}
_USE_THINGS = _SEE_THINGS | {"compute.manage", "compute.console", "network.manage", "storage.manage"}
_MANAGE_PEOPLE = {"tenancy.view", "users.view", "roles.view", "users.manage", "roles.manage"}
# Largest first.
_BUILT_IN = {
    "root_admin": ("Root admin", _USE_THINGS | _MANAGE_PEOPLE | {"tenancy.manage"} | _OF_THE_CLOUD),
    "domain_admin": ("Domain admin", _USE_THINGS | _MANAGE_PEOPLE | {"tenancy.manage"}),
    "account_owner": ("Account owner", _USE_THINGS | _MANAGE_PEOPLE),
    "member": ("Member", _USE_THINGS),
    "reader": ("Read-only member", _SEE_THINGS),
}
_TABLES = (
    ("DomainUserObjectPermission", "user_id", "domain"),
    ("DomainGroupObjectPermission", "group_id", "domain"),
    ("AccountUserObjectPermission", "user_id", "account"),
    ("AccountGroupObjectPermission", "group_id", "account"),
)


def forward(apps, schema_editor):
    roles = _Roles(apps, schema_editor.connection)
    for name, grantee, place in _TABLES:
        table = apps.get_model("tenants", name)
        held: dict = {}
        rows = table.objects.filter(permission__codename__in=_OLD)
        for row in rows.select_related("permission", "content_object").iterator():
            key = (getattr(row, grantee), row.content_object_id)
            held.setdefault(key, (row.content_object, set()))[1].add(row.permission.codename)
        grants = [
            table(**{grantee: who}, content_object_id=where, permission_id=getattr(role, f"on_{place}_id"))
            for (who, where), (row, old) in held.items()
            for role in roles.covering(old, row if place == "domain" else row.domain, place)
        ]
        rows.delete()
        table.objects.bulk_create(grants, batch_size=1000)
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="tenants", content_type__model__in=["domain", "account"], codename__in=_OLD
    ).delete()
    _name_groups(apps)


class _Roles:
    """The roles that are needed, made when they are needed."""

    def __init__(self, apps, connection):
        self.apps, self.connection, self.made = apps, connection, {}

    def covering(self, old, domain, place):
        """Roles that together allow what the old permissions did, no more and no less."""
        at_root = place == "domain" and domain.parent_id is None
        wanted = set().union(*(_SPLIT.get(name, {name}) for name in old))
        wanted -= set() if at_root else _OF_THE_CLOUD
        left = set(wanted)
        for code, (name, permissions) in _BUILT_IN.items():
            if permissions <= wanted and permissions & left:
                yield self._role(code, name, permissions, None)
                left -= permissions
        if left:
            yield self._role(None, f"As before: {', '.join(sorted(left))}"[:64], left, domain)

    def _role(self, code, name, permissions, domain):
        key = code or (domain.pk, frozenset(permissions))
        if key not in self.made:
            taken = {role.name for role in self.made.values() if domain and role.domain_id == domain.pk}
            number = 2
            while name in taken:
                name, number = f"{name[:58]} ({number})", number + 1
            self.made[key] = self._insert(code, name, permissions, domain)
        return self.made[key]

    def _insert(self, code, name, permissions, domain):
        Role, Permission = self.apps.get_model("tenants", "Role"), self.apps.get_model("auth", "Permission")
        ContentType = self.apps.get_model("contenttypes", "ContentType")
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT nextval(pg_get_serial_sequence('tenants_role', 'id'))")
            key = cursor.fetchone()[0]
        on = {
            f"on_{model}": Permission.objects.create(
                content_type=ContentType.objects.get_or_create(app_label="tenants", model=model)[0],
                codename=f"role_{key}",
                name=f"Role {key}",
            )
            for model in ("domain", "account")
        }
        return Role.objects.create(pk=key, code=code, name=name, permissions=sorted(permissions), domain=domain, **on)


def _name_groups(apps):
    """Groups that Django's shell made have no domain; they become the root's."""
    Group, Domain = apps.get_model("tenants", "Group"), apps.get_model("tenants", "Domain")
    root = Domain.objects.filter(parent=None).first()
    if root is not None:
        for auth in apps.get_model("auth", "Group").objects.all():
            Group.objects.create(domain=root, name=f"{auth.name[:50]} {auth.pk}", auth=auth)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_roles_and_states"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(forward, migrations.RunPython.noop)]
