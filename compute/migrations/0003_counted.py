from django.db import migrations, models

# What is there already is counted here, so that no limit counter begins wrong.
UNCOUNTED = """
UPDATE compute_instance SET is_counted = FALSE WHERE removed_at IS NOT NULL OR state = 'Error';
"""
COUNTERS = """
INSERT INTO tenants_limit (account_id, resource, used)
SELECT i.account_id, c.resource, sum(c.amount)
FROM compute_instance i JOIN compute_serviceoffering o ON o.id = i.offering_id
CROSS JOIN LATERAL (VALUES ('instances', 1), ('cpus', o.cpus), ('memory_mib', o.memory_mib)) AS c(resource, amount)
WHERE i.is_counted GROUP BY i.account_id, c.resource
ON CONFLICT (account_id, resource) DO UPDATE SET used = excluded.used;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("compute", "0002_initial"),
        ("infrastructure", "0001_initial"),
        ("storage", "0002_initial"),
        ("tenants", "0005_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="instance",
            name="is_counted",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.RunSQL(UNCOUNTED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="instance",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("is_counted", False), _connector="OR"),
                name="instance_removed_is_not_counted",
            ),
        ),
        migrations.RunSQL(COUNTERS, migrations.RunSQL.noop),
    ]
