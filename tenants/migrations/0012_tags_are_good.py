"""The rule of tags, for the CHECKs of all tables that have them."""

from django.db import migrations

_FUNCTION = """
CREATE FUNCTION tags_are_good(tags jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT tags = '{}'::jsonb OR (jsonb_typeof(tags) = 'object' AND (
    SELECT count(*) <= 50 AND bool_and(
      jsonb_typeof(t.value) = 'string' AND char_length(t.key) BETWEEN 1 AND 128
      AND char_length(t.value #>> '{}') <= 256 AND NOT starts_with(t.key, 'cloudportal:')
      AND (t.key || (t.value #>> '{}')) !~ '[[:cntrl:]]'
    )
    FROM jsonb_each(CASE jsonb_typeof(tags) WHEN 'object' THEN tags ELSE '{}'::jsonb END) t
  ))
$$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0011_api_key_scope"),
    ]

    operations = [
        migrations.RunSQL(_FUNCTION, "DROP FUNCTION tags_are_good(jsonb)"),
    ]
