import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import cloudportal.core.lifecycle


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Grant",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("uuid", models.UUIDField()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "tenants_grant",
                "ordering": ("-id",),
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                ("description", models.CharField(blank=True, max_length=255)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("code", models.CharField(editable=False, max_length=32, null=True, unique=True)),
                ("name", models.CharField(max_length=64)),
                ("description", models.CharField(blank=True, max_length=255)),
                (
                    "permissions",
                    django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), size=None),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.AlterModelOptions(
            name="account",
            options={"ordering": ("name",)},
        ),
        migrations.AlterModelOptions(
            name="domain",
            options={"ordering": ("path",)},
        ),
        migrations.RemoveConstraint(
            model_name="account",
            name="account_name_once_per_domain",
        ),
        migrations.RemoveConstraint(
            model_name="domain",
            name="domain_name_once_per_parent",
        ),
        migrations.AddField(
            model_name="account",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="state",
            field=cloudportal.core.lifecycle.StateField(db_default="Enabled", default="Enabled", max_length=24),
        ),
        migrations.AddField(
            model_name="accountgroupobjectpermission",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="accountgroupobjectpermission",
            name="uuid",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddField(
            model_name="accountuserobjectpermission",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="accountuserobjectpermission",
            name="uuid",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddField(
            model_name="domain",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="domain",
            name="state",
            field=cloudportal.core.lifecycle.StateField(db_default="Active", default="Active", max_length=24),
        ),
        migrations.AddField(
            model_name="domaingroupobjectpermission",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="domaingroupobjectpermission",
            name="uuid",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddField(
            model_name="domainuserobjectpermission",
            name="created_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="domainuserobjectpermission",
            name="uuid",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["Disabled", "Enabled", "Locked", "Removed", "Removing"])),
                name="account_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("domain", "name"),
                name="account_name_once_per_domain",
                violation_error_message="Another account of this domain has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["Active", "Removed", "Removing", "Suspended"])),
                name="domain_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="domain",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("parent", "name"),
                name="domain_name_once_per_parent",
                violation_error_message="Another domain there has that name.",
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="auth",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="portal", to="auth.group"
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="domain",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="groups", to="tenants.domain"
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="domain",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="roles", to="tenants.domain"
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="on_account",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="auth.permission"
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="on_domain",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="auth.permission"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(
                fields=("domain", "name"),
                name="group_name_once_per_domain",
                violation_error_message="Another group of this domain has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                fields=("domain", "name"),
                name="role_name_once_per_domain",
                violation_error_message="Another role of this domain has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("code", None), ("domain__isnull", False)),
                    models.Q(("code__isnull", False), ("domain", None)),
                    _connector="OR",
                ),
                name="role_built_in_or_of_a_domain",
            ),
        ),
    ]
