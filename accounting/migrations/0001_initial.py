from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="UsageHour",
            fields=[
                ("hour", models.DateTimeField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="UsageInterval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                ("resource_type", models.CharField(max_length=64)),
                ("resource_uuid", models.UUIDField()),
                ("resource_name", models.CharField(max_length=255)),
                ("meter", models.CharField(max_length=32)),
                ("unit", models.CharField(max_length=24)),
                ("quantity", models.DecimalField(decimal_places=6, max_digits=24)),
                ("price_per_hour", models.DecimalField(decimal_places=8, max_digits=20)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("id",),
                "indexes": [
                    models.Index(fields=["account_id", "start"], name="usage_interval_of_account"),
                    models.Index(fields=["end"], name="usage_interval_end"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("end", None)),
                        fields=("resource_uuid", "meter"),
                        name="usage_one_open_interval",
                    ),
                    models.UniqueConstraint(
                        fields=("resource_uuid", "meter", "start"), name="usage_interval_starts_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("end", None), ("end__gt", models.F("start")), _connector="OR"),
                        name="usage_interval_not_empty",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.BigIntegerField()),
                ("zone_id", models.BigIntegerField()),
                ("resource_type", models.CharField(max_length=64)),
                ("resource_uuid", models.UUIDField()),
                ("resource_name", models.CharField(max_length=255)),
                ("meter", models.CharField(max_length=32)),
                ("unit", models.CharField(max_length=24)),
                ("hour", models.DateTimeField()),
                ("seconds", models.DecimalField(decimal_places=6, max_digits=12)),
                ("unit_seconds", models.DecimalField(decimal_places=6, max_digits=30)),
                ("cost", models.DecimalField(decimal_places=12, max_digits=30)),
            ],
            options={
                "ordering": ("hour", "id"),
                "indexes": [
                    models.Index(fields=["account_id", "hour", "id"], name="usage_record_of_account"),
                    models.Index(fields=["hour", "id"], name="usage_record_of_hour"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("resource_uuid", "meter", "hour"), name="usage_record_once_per_hour"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__gt", 0), ("seconds__lte", 3600)), name="usage_record_in_hour"
                    ),
                ],
            },
        ),
    ]
