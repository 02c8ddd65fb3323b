import uuid

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("action", models.CharField(max_length=64)),
                (
                    "level",
                    models.CharField(
                        choices=[("info", "Info"), ("warning", "Warning"), ("error", "Error")],
                        default="info",
                        max_length=8,
                    ),
                ),
                ("message", models.TextField()),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor_name", models.CharField(max_length=150)),
                ("account_id", models.BigIntegerField(null=True)),
                ("resource_type", models.CharField(blank=True, max_length=64)),
                ("resource_uuid", models.UUIDField(null=True)),
                ("resource_name", models.CharField(blank=True, max_length=255)),
                ("job_uuid", models.UUIDField(null=True)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "ordering": ("-id",),
                "indexes": [
                    models.Index(fields=["account_id", "-id"], name="event_of_account"),
                    models.Index(fields=["resource_uuid", "-id"], name="event_of_resource"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("account_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                ("resource_type", models.CharField(max_length=64)),
                ("resource_uuid", models.UUIDField()),
                ("resource_name", models.CharField(max_length=255)),
                ("meters", models.JSONField()),
                ("folded_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(condition=models.Q(("folded_at", None)), fields=["id"], name="usage_event_waiting"),
                    models.Index(fields=["resource_uuid", "id"], name="usage_event_of_resource"),
                ],
            },
        ),
    ]
