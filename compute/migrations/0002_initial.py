import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("compute", "0001_initial"),
        ("infrastructure", "0001_initial"),
        ("network", "0001_initial"),
        ("storage", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="instance",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="host",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="instances",
                to="infrastructure.host",
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="last_host",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="infrastructure.host"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="instances", to="storage.template"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="instances", to="infrastructure.zone"
            ),
        ),
        migrations.AddField(
            model_name="consoleticket",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="compute.instance"
            ),
        ),
        migrations.AddField(
            model_name="nic",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="nics", to="compute.instance"
            ),
        ),
        migrations.AddField(
            model_name="nic",
            name="network",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="nics", to="network.network"
            ),
        ),
        migrations.AddField(
            model_name="nic",
            name="port",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="nic", to="network.port"
            ),
        ),
        migrations.AddField(
            model_name="serviceoffering",
            name="root_disk",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="storage.diskoffering"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="offering",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="instances", to="compute.serviceoffering"
            ),
        ),
        migrations.AddField(
            model_name="sshkey",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="instance",
            name="ssh_keys",
            field=models.ManyToManyField(related_name="instances", to="compute.sshkey"),
        ),
        migrations.AddField(
            model_name="volumeattachment",
            name="instance",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attachments", to="compute.instance"
            ),
        ),
        migrations.AddField(
            model_name="volumeattachment",
            name="volume",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="attachment", to="storage.volume"
            ),
        ),
        migrations.AddConstraint(
            model_name="nic",
            constraint=models.UniqueConstraint(fields=("instance", "position"), name="nic_position_once"),
        ),
        migrations.AddConstraint(
            model_name="nic",
            constraint=models.UniqueConstraint(
                condition=models.Q(("position", 0)), fields=("instance",), name="nic_one_default"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceoffering",
            constraint=models.CheckConstraint(
                condition=models.Q(("cpus__gt", 0), ("memory_mib__gt", 0)), name="offering_has_size"
            ),
        ),
        migrations.AddConstraint(
            model_name="sshkey",
            constraint=models.UniqueConstraint(
                fields=("account", "name"),
                name="ssh_key_name_once_per_account",
                violation_error_message="Another SSH key of this account has that name.",
            ),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["account", "-id"], name="instance_of_account"
            ),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["account", "state", "-id"], name="instance_by_state"
            ),
        ),
        migrations.AddIndex(
            model_name="instance",
            index=models.Index(
                condition=models.Q(("state", "Destroyed")), fields=["destroyed_at"], name="instance_in_recycle_bin"
            ),
        ),
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "Allocated",
                            "Destroyed",
                            "Error",
                            "Expunged",
                            "Expunging",
                            "Running",
                            "Starting",
                            "Stopped",
                            "Stopping",
                        ],
                    )
                ),
                name="instance_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["Running"]), _negated=True), ("host__isnull", False), _connector="OR"
                ),
                name="instance_running_has_host",
            ),
        ),
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("host", None), _connector="OR"),
                name="instance_removed_holds_no_host",
            ),
        ),
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("account", "name"),
                name="instance_name_once_per_account",
                violation_error_message="Another instance of this account has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="volumeattachment",
            constraint=models.UniqueConstraint(fields=("instance", "position"), name="attachment_position_once"),
        ),
    ]
