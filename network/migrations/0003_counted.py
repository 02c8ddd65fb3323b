from django.db import migrations, models

# What is there already is counted here, so that no limit counter begins wrong.
UNCOUNTED = """
UPDATE network_network SET is_counted = FALSE WHERE removed_at IS NOT NULL OR state = 'Error';
"""
COUNTERS = """
INSERT INTO tenants_limit (account_id, resource, used)
SELECT account_id, 'networks', count(*) FROM network_network WHERE is_counted GROUP BY account_id
UNION ALL
SELECT account_id, 'public_addresses', count(*) FROM network_publicaddress
WHERE account_id IS NOT NULL GROUP BY account_id
ON CONFLICT (account_id, resource) DO UPDATE SET used = excluded.used;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("infrastructure", "0001_initial"),
        ("network", "0002_initial"),
        ("tenants", "0005_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="network",
            name="is_counted",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.RunSQL(UNCOUNTED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="network",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("is_counted", False), _connector="OR"),
                name="network_removed_is_not_counted",
            ),
        ),
        migrations.RunSQL(COUNTERS, migrations.RunSQL.noop),
    ]
