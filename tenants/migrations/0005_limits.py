import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_grant_view"),
    ]

    operations = [
        migrations.CreateModel(
            name="Limit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("resource", models.CharField(max_length=24)),
                ("maximum", models.BigIntegerField(null=True)),
                ("used", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="tenants.account",
                    ),
                ),
                (
                    "domain",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="limits",
                        to="tenants.domain",
                    ),
                ),
            ],
            options={
                "ordering": ("id",),
                "constraints": [
                    models.UniqueConstraint(fields=("account", "resource"), name="limit_once_per_account"),
                    models.UniqueConstraint(fields=("domain", "resource"), name="limit_once_per_domain"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account", None), ("domain__isnull", False)),
                            models.Q(("account__isnull", False), ("domain", None)),
                            _connector="OR",
                        ),
                        name="limit_has_one_owner",
                    ),
                    models.CheckConstraint(condition=models.Q(("used__gte", 0)), name="limit_used_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("account__isnull", False), ("maximum", None)),
                            ("maximum__gte", -1),
                            _connector="OR",
                        ),
                        name="limit_maximum_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("domain", None), models.Q(("maximum__gte", 0), ("maximum__isnull", False)), _connector="OR"
                        ),
                        name="limit_of_domain_limits",
                    ),
                ],
            },
        ),
    ]
