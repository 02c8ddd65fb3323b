import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("infrastructure", "0001_initial"),
        ("storage", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="template",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="template",
            name="store",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="templates", to="storage.secondarystore"
            ),
        ),
        migrations.AddField(
            model_name="templatecopy",
            name="pool",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="template_copies", to="storage.storagepool"
            ),
        ),
        migrations.AddField(
            model_name="templatecopy",
            name="template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="copies", to="storage.template"
            ),
        ),
        migrations.AddField(
            model_name="volume",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="volume",
            name="offering",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="volumes", to="storage.diskoffering"
            ),
        ),
        migrations.AddField(
            model_name="volume",
            name="pool",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="volumes", to="storage.storagepool"
            ),
        ),
        migrations.AddField(
            model_name="volume",
            name="template",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="volumes", to="storage.template"
            ),
        ),
        migrations.AddField(
            model_name="volume",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="volumes", to="infrastructure.zone"
            ),
        ),
        migrations.AddConstraint(
            model_name="secondarystore",
            constraint=models.UniqueConstraint(fields=("zone", "name"), name="secondary_name_once_per_zone"),
        ),
        migrations.AddConstraint(
            model_name="storagepool",
            constraint=models.UniqueConstraint(fields=("cluster", "name"), name="pool_name_once_per_cluster"),
        ),
        migrations.AddConstraint(
            model_name="storagepool",
            constraint=models.CheckConstraint(
                condition=models.Q(("allocated_bytes__lte", models.F("capacity_bytes"))), name="pool_not_oversold"
            ),
        ),
        migrations.AddConstraint(
            model_name="storagepool",
            constraint=models.CheckConstraint(
                condition=models.Q(("allocated_bytes__gte", 0)), name="pool_allocated_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="storagepool",
            constraint=models.CheckConstraint(
                condition=models.Q(("overprovisioning__gte", 1)),
                name="pool_overprovisioning_at_least_one",
                violation_error_message="An overprovisioning factor is 1 or more.",
            ),
        ),
        migrations.AddIndex(
            model_name="template",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["account", "-id"], name="template_of_account"
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["Allocated", "Downloading", "Error", "Ready", "Removed", "Removing"])
                ),
                name="template_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("account", "name"),
                name="template_name_once_per_account",
                violation_error_message="Another template of this account has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="templatecopy",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["Allocated", "Copying", "Ready"])), name="template_copy_state_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="templatecopy",
            constraint=models.UniqueConstraint(fields=("template", "pool"), name="template_copied_once_per_pool"),
        ),
        migrations.AddIndex(
            model_name="volume",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["account", "-id"], name="volume_of_account"
            ),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["Allocated", "Creating", "Error", "Expunged", "Expunging", "Ready"])),
                name="volume_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.CheckConstraint(condition=models.Q(("size_bytes__gt", 0)), name="volume_has_size"),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("pool", None), _connector="OR"),
                name="volume_removed_holds_no_room",
            ),
        ),
        migrations.AddConstraint(
            model_name="volume",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("account", "name"),
                name="volume_name_once_per_account",
                violation_error_message="Another volume of this account has that name.",
            ),
        ),
    ]
