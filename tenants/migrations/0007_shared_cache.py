"""The table of Django's database cache, as `createcachetable` makes it."""

from django.db import migrations

MAKE = """
CREATE TABLE IF NOT EXISTS portal_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX IF NOT EXISTS portal_cache_expires ON portal_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_signing_in")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE portal_cache")]
