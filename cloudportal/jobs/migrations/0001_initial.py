import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="WorkerNode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=128, unique=True)),
                ("queue", models.CharField(max_length=64)),
                ("workers", models.PositiveSmallIntegerField()),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(null=True)),
                ("restarts", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("kind", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("waiting", "Waiting"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="queued",
                        max_length=12,
                    ),
                ),
                ("direction", models.CharField(choices=[("do", "Do"), ("undo", "Undo")], default="do", max_length=4)),
                ("account_id", models.BigIntegerField(null=True)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                ("resource_type", models.CharField(blank=True, max_length=64)),
                ("resource_id", models.BigIntegerField(null=True)),
                ("resource_uuid", models.UUIDField(null=True)),
                ("resource_name", models.CharField(blank=True, max_length=255)),
                ("args", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
                ("queue", models.CharField(default="default", max_length=64)),
                ("priority", models.SmallIntegerField(default=0)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("crashes", models.PositiveIntegerField(default=0)),
                ("run_after", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_owner", models.CharField(blank=True, max_length=128)),
                ("lease_until", models.DateTimeField(null=True)),
                ("cancel_requested", models.BooleanField(default=False)),
                ("idempotency_key", models.CharField(max_length=128, null=True, unique=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("message", models.CharField(blank=True, max_length=255)),
                ("error_code", models.CharField(blank=True, max_length=64)),
                ("error", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="children", to="jobs.job"
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="JobLog",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("level", models.CharField(default="info", max_length=8)),
                ("message", models.TextField()),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="log", to="jobs.job"),
                ),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="JobStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=128)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("undone", "Undone"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                ("tries", models.PositiveIntegerField(default=0)),
                ("reference", models.JSONField(default=dict)),
                ("message", models.TextField(blank=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="steps", to="jobs.job"),
                ),
            ],
            options={
                "ordering": ("position",),
            },
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["account_id", "-id"], name="job_of_account"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(fields=["resource_uuid", "-id"], name="job_of_resource"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state__in", ("queued", "running", "waiting"))),
                fields=["state", "run_after"],
                name="job_active",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("queued", "running", "waiting")), ("resource_id__isnull", False)),
                fields=("resource_type", "resource_id"),
                name="job_one_per_resource",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("queued", "running", "waiting", "succeeded", "failed", "cancelled"))),
                name="job_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(condition=models.Q(("progress__lte", 100)), name="job_progress_percent"),
        ),
        migrations.AddConstraint(
            model_name="jobstep",
            constraint=models.UniqueConstraint(fields=("job", "position"), name="job_step_once"),
        ),
    ]
