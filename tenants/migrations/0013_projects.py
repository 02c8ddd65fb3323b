import uuid

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import cloudportal.core.lifecycle
import tenants.models.limit


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0012_tags_are_good"),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("tags", models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict)),
                ("description", models.CharField(blank=True, max_length=255)),
                ("removed_at", models.DateTimeField(editable=False, null=True)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="project", to="tenants.account"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="projects",
                        to="tenants.account",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
            bases=(tenants.models.limit.Counted, models.Model),
        ),
        migrations.CreateModel(
            name="ProjectInvitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("email", models.EmailField(max_length=254)),
                ("token_hash", models.CharField(editable=False, max_length=64, unique=True)),
                (
                    "state",
                    cloudportal.core.lifecycle.StateField(db_default="Pending", default="Pending", max_length=24),
                ),
                ("expires_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                (
                    "invited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="invitations", to="tenants.project"
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.role"),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                condition=models.Q(("removed_at", None)),
                fields=["owner"],
                include=("account",),
                name="project_of_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="project_tags"),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Q(("account", models.F("owner")), _negated=True), name="project_is_not_its_owner"
            ),
        ),
        migrations.AddConstraint(
            model_name="project",
            constraint=models.CheckConstraint(
                condition=models.Func(models.F("tags"), function="tags_are_good", output_field=models.BooleanField()),
                name="project_tags_are_good",
                violation_error_message="At most 50 tags.",
            ),
        ),
        migrations.AddIndex(
            model_name="projectinvitation",
            index=models.Index(fields=["email"], name="invitation_of_address"),
        ),
        migrations.AddIndex(
            model_name="projectinvitation",
            index=models.Index(
                condition=models.Q(("state", "Pending")), fields=["expires_at"], name="invitation_pending_until"
            ),
        ),
        migrations.AddConstraint(
            model_name="projectinvitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["Accepted", "Declined", "Expired", "Pending", "Revoked"])),
                name="invitation_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectinvitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "Pending")),
                fields=("project", "email"),
                name="invitation_once_pending",
                violation_error_message="That address is invited already; send it again or revoke it.",
            ),
        ),
    ]
