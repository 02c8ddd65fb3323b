import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("infrastructure", "0001_initial"),
        ("network", "0001_initial"),
        ("tenants", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="network",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="network",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="networks", to="infrastructure.zone"
            ),
        ),
        migrations.AddField(
            model_name="port",
            name="network",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="ports", to="network.network"
            ),
        ),
        migrations.AddField(
            model_name="publicaddress",
            name="account",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.account"
            ),
        ),
        migrations.AddField(
            model_name="publicaddress",
            name="network",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="public_addresses",
                to="network.network",
            ),
        ),
        migrations.AddField(
            model_name="publicaddress",
            name="zone",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="public_addresses", to="infrastructure.zone"
            ),
        ),
        migrations.AddIndex(
            model_name="network",
            index=models.Index(
                condition=models.Q(("removed_at", None)), fields=["account", "-id"], name="network_of_account"
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["Allocated", "Destroyed", "Error", "Implemented", "Implementing", "Shutdown"])
                ),
                name="network_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("account", "name"),
                name="network_name_once_per_account",
                violation_error_message="Another network of this account has that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="port",
            constraint=models.UniqueConstraint(
                fields=("network", "address"),
                name="port_address_once_per_network",
                violation_error_message="That address is taken.",
            ),
        ),
        migrations.AddConstraint(
            model_name="port",
            constraint=models.UniqueConstraint(fields=("network", "hostname"), name="port_hostname_once_per_network"),
        ),
        migrations.AddIndex(
            model_name="publicaddress",
            index=models.Index(
                condition=models.Q(("account", None)), fields=["zone", "id"], name="public_address_free"
            ),
        ),
        migrations.AddConstraint(
            model_name="publicaddress",
            constraint=models.UniqueConstraint(fields=("zone", "address"), name="public_address_once_per_zone"),
        ),
        migrations.AddConstraint(
            model_name="publicaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_source_nat", True)), fields=("network",), name="public_address_one_source_nat"
            ),
        ),
        migrations.AddConstraint(
            model_name="publicaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("network", None), ("account__isnull", False), _connector="OR"),
                name="public_address_in_use_has_owner",
            ),
        ),
    ]
