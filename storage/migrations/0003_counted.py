from django.db import migrations, models

# What is there already is counted here, so that no limit counter begins wrong.
UNCOUNTED = """
UPDATE storage_template SET is_counted = FALSE WHERE removed_at IS NOT NULL OR state = 'Error';
"""
COUNTERS = """
INSERT INTO tenants_limit (account_id, resource, used)
SELECT account_id, 'templates', count(*) FROM storage_template WHERE is_counted GROUP BY account_id
UNION ALL
SELECT account_id, 'secondary_bytes', sum(file_bytes) FROM storage_template WHERE is_counted GROUP BY account_id
UNION ALL
SELECT account_id, 'volumes', count(*) FROM storage_volume WHERE removed_at IS NULL GROUP BY account_id
UNION ALL
SELECT account_id, 'primary_bytes', sum(size_bytes) FROM storage_volume WHERE removed_at IS NULL GROUP BY account_id
ON CONFLICT (account_id, resource) DO UPDATE SET used = excluded.used;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("storage", "0002_initial"),
        ("tenants", "0005_limits"),
    ]

    operations = [
        migrations.AddField(
            model_name="template",
            name="is_counted",
            field=models.BooleanField(db_default=True, default=True, editable=False),
        ),
        migrations.RunSQL(UNCOUNTED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="template",
            constraint=models.CheckConstraint(
                condition=models.Q(("removed_at", None), ("is_counted", False), _connector="OR"),
                name="template_removed_is_not_counted",
            ),
        ),
        migrations.RunSQL(COUNTERS, migrations.RunSQL.noop),
    ]
