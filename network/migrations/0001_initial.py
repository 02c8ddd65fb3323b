import uuid

import django.db.models.functions.datetime
from django.db import migrations, models

import cloudportal.core.lifecycle


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Network",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=63)),
                ("cidr", models.CharField(max_length=18)),
                ("domain", models.CharField(max_length=128)),
                ("mtu", models.PositiveIntegerField()),
                ("state", cloudportal.core.lifecycle.StateField(default="Allocated", max_length=24)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Port",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("mac", models.CharField(max_length=17, unique=True)),
                ("address", models.GenericIPAddressField(protocol="IPv4")),
                ("hostname", models.CharField(max_length=63)),
                ("is_default", models.BooleanField(default=True)),
            ],
            options={
                "ordering": ("id",),
            },
        ),
        migrations.CreateModel(
            name="PublicAddress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("address", models.GenericIPAddressField(protocol="IPv4")),
                ("is_source_nat", models.BooleanField(default=False)),
                ("price_per_hour", models.DecimalField(decimal_places=8, default=0, max_digits=20)),
            ],
            options={
                "verbose_name_plural": "public addresses",
                "ordering": ("id",),
            },
        ),
    ]
