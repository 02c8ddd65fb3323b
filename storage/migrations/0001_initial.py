import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import cloudportal.core.lifecycle
import cloudportal.core.secrets


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("infrastructure", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="DiskOffering",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64, unique=True)),
                ("description", models.CharField(blank=True, max_length=255)),
                (
                    "price_per_gib_hour",
                    models.DecimalField(
                        decimal_places=8,
                        default=0,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Template",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=63)),
                ("os_type", models.CharField(default="Linux", max_length=64)),
                (
                    "format",
                    models.CharField(choices=[("qcow2", "Qcow2"), ("raw", "Raw")], default="qcow2", max_length=5),
                ),
                ("source_url", models.CharField(blank=True, max_length=1024)),
                ("checksum", models.CharField(blank=True, max_length=80)),
                ("size_bytes", models.BigIntegerField(default=0)),
                ("file_bytes", models.BigIntegerField(default=0)),
                ("is_public", models.BooleanField(default=False)),
                ("state", cloudportal.core.lifecycle.StateField(default="Allocated", max_length=24)),
                (
                    "price_per_gib_hour",
                    models.DecimalField(
                        decimal_places=8,
                        default=0,
                        max_digits=20,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="TemplateCopy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("state", cloudportal.core.lifecycle.StateField(default="Allocated", max_length=24)),
            ],
        ),
        migrations.CreateModel(
            name="Volume",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=63)),
                ("kind", models.CharField(choices=[("root", "Root"), ("data", "Data")], max_length=4)),
                ("size_bytes", models.BigIntegerField()),
                ("state", cloudportal.core.lifecycle.StateField(default="Allocated", max_length=24)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="SecondaryStore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                ("path", models.CharField(max_length=255)),
                ("total_bytes", models.BigIntegerField(default=0)),
                ("available_bytes", models.BigIntegerField(default=0)),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="secondary_stores",
                        to="infrastructure.zone",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="StoragePool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                ("url", models.CharField(max_length=255)),
                ("path", models.CharField(max_length=255)),
                ("username", models.CharField(blank=True, max_length=64)),
                ("password", cloudportal.core.secrets.EncryptedTextField(blank=True)),
                (
                    "allocation_state",
                    models.CharField(
                        choices=[("Enabled", "Enabled"), ("Disabled", "Disabled")], default="Enabled", max_length=10
                    ),
                ),
                (
                    "overprovisioning",
                    models.DecimalField(
                        decimal_places=2,
                        default=2,
                        max_digits=5,
                        validators=[
                            django.core.validators.MinValueValidator(1, "An overprovisioning factor is 1 or more.")
                        ],
                    ),
                ),
                ("total_bytes", models.BigIntegerField(default=0)),
                ("available_bytes", models.BigIntegerField(default=0)),
                ("capacity_bytes", models.BigIntegerField(default=0)),
                ("allocated_bytes", models.BigIntegerField(default=0)),
                ("disable_threshold", models.DecimalField(decimal_places=2, default="0.95", max_digits=3)),
                ("warn_threshold", models.DecimalField(decimal_places=2, default="0.80", max_digits=3)),
                ("last_error", models.TextField(blank=True)),
                ("checked_at", models.DateTimeField(null=True)),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pools", to="infrastructure.cluster"
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="pools", to="infrastructure.zone"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
    ]
