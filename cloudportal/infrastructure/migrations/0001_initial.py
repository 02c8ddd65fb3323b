import uuid

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.db import migrations, models

import cloudportal.core.secrets


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Pod",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                (
                    "allocation_state",
                    models.CharField(
                        choices=[("Enabled", "Enabled"), ("Disabled", "Disabled")], default="Enabled", max_length=10
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Zone",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64, unique=True)),
                (
                    "allocation_state",
                    models.CharField(
                        choices=[("Enabled", "Enabled"), ("Disabled", "Disabled")], default="Enabled", max_length=10
                    ),
                ),
                ("network_url", models.CharField(max_length=255)),
                ("public_mapping", models.CharField(default="public", max_length=64)),
                ("public_cidr", models.CharField(max_length=18)),
                ("public_gateway", models.GenericIPAddressField(protocol="IPv4")),
                ("guest_mtu", models.PositiveIntegerField(default=1442)),
                ("dns_servers", models.JSONField(blank=True, default=list)),
                ("domain", models.CharField(default="internal", max_length=128)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Cluster",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                ("hypervisor", models.CharField(choices=[("kvm", "KVM"), ("simulator", "Simulator")], max_length=16)),
                (
                    "cpu_overcommit",
                    models.DecimalField(
                        decimal_places=2,
                        default=1,
                        max_digits=5,
                        validators=[django.core.validators.MinValueValidator(1, "An overcommit factor is 1 or more.")],
                    ),
                ),
                (
                    "memory_overcommit",
                    models.DecimalField(
                        decimal_places=2,
                        default=1,
                        max_digits=5,
                        validators=[django.core.validators.MinValueValidator(1, "An overcommit factor is 1 or more.")],
                    ),
                ),
                (
                    "allocation_state",
                    models.CharField(
                        choices=[("Enabled", "Enabled"), ("Disabled", "Disabled")], default="Enabled", max_length=10
                    ),
                ),
                (
                    "pod",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clusters", to="infrastructure.pod"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.AddField(
            model_name="pod",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="pods", to="infrastructure.zone"
            ),
        ),
        migrations.CreateModel(
            name="Host",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uuid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("name", models.CharField(max_length=64)),
                ("url", models.CharField(max_length=255, unique=True)),
                ("username", models.CharField(blank=True, max_length=64)),
                ("password", cloudportal.core.secrets.EncryptedTextField(blank=True)),
                (
                    "virt_type",
                    models.CharField(
                        choices=[("auto", "Find out by booting a probe"), ("kvm", "KVM"), ("qemu", "Emulation")],
                        default="auto",
                        max_length=4,
                    ),
                ),
                (
                    "datapath",
                    models.CharField(
                        choices=[("kernel", "Kernel"), ("netdev", "User space")], default="kernel", max_length=6
                    ),
                ),
                (
                    "resource_state",
                    models.CharField(
                        choices=[("Enabled", "Enabled"), ("Disabled", "Disabled"), ("Maintenance", "Maintenance")],
                        default="Enabled",
                        max_length=12,
                    ),
                ),
                (
                    "connection_state",
                    models.CharField(
                        choices=[("Connecting", "Connecting"), ("Up", "Up"), ("Disconnected", "Disconnected")],
                        default="Connecting",
                        max_length=12,
                    ),
                ),
                ("is_schedulable", models.BooleanField(default=False)),
                ("last_seen_at", models.DateTimeField(null=True)),
                ("last_error", models.TextField(blank=True)),
                ("hypervisor_name", models.CharField(blank=True, max_length=32)),
                ("hypervisor_version", models.CharField(blank=True, max_length=32)),
                ("cpu_model", models.CharField(blank=True, max_length=128)),
                ("found_virt_type", models.CharField(blank=True, max_length=4)),
                ("cpus", models.PositiveIntegerField(default=0)),
                ("memory_mib", models.PositiveBigIntegerField(default=0)),
                ("cpu_capacity", models.PositiveIntegerField(default=0)),
                ("memory_capacity_mib", models.PositiveBigIntegerField(default=0)),
                ("cpus_used", models.PositiveIntegerField(default=0)),
                ("memory_used_mib", models.PositiveBigIntegerField(default=0)),
                (
                    "memory_free_mib",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("memory_capacity_mib"), "-", models.F("memory_used_mib")
                        ),
                        output_field=models.BigIntegerField(),
                    ),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hosts", to="infrastructure.cluster"
                    ),
                ),
                (
                    "zone",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="hosts", to="infrastructure.zone"
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.AddConstraint(
            model_name="cluster",
            constraint=models.UniqueConstraint(fields=("pod", "name"), name="cluster_name_once_per_pod"),
        ),
        migrations.AddConstraint(
            model_name="cluster",
            constraint=models.CheckConstraint(
                condition=models.Q(("cpu_overcommit__gte", 1), ("memory_overcommit__gte", 1)),
                name="cluster_overcommit_at_least_one",
                violation_error_message="An overcommit factor is 1 or more.",
            ),
        ),
        migrations.AddConstraint(
            model_name="pod",
            constraint=models.UniqueConstraint(fields=("zone", "name"), name="pod_name_once_per_zone"),
        ),
        migrations.AddIndex(
            model_name="host",
            index=models.Index(
                condition=models.Q(("is_schedulable", True)),
                fields=["zone", "-memory_free_mib"],
                name="host_by_free_memory",
            ),
        ),
        migrations.AddIndex(
            model_name="host",
            index=models.Index(fields=["last_seen_at"], name="host_last_seen"),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.UniqueConstraint(fields=("cluster", "name"), name="host_name_once_per_cluster"),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.CheckConstraint(
                condition=models.Q(("cpus_used__lte", models.F("cpu_capacity"))), name="host_cpus_not_oversold"
            ),
        ),
        migrations.AddConstraint(
            model_name="host",
            constraint=models.CheckConstraint(
                condition=models.Q(("memory_used_mib__lte", models.F("memory_capacity_mib"))),
                name="host_memory_not_oversold",
            ),
        ),
    ]
