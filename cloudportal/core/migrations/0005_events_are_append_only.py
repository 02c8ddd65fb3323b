"""Events are appended and never altered; the database refuses the rest, whoever asks.

Retention deletes old ones: it says so by `SET LOCAL cloudportal.retention = 'on'`, and even then nothing younger than
30 days goes.
"""

from django.db import migrations

INSTALL = """
CREATE FUNCTION core_event_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
        AND current_setting('cloudportal.retention', true) = 'on'
        AND OLD.at < now() - interval '30 days'
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'Events are append-only: % is refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER core_event_append_only BEFORE UPDATE OR DELETE ON core_event
    FOR EACH ROW EXECUTE FUNCTION core_event_refuse_change();
"""

REMOVE = """
DROP TRIGGER core_event_append_only ON core_event;
DROP FUNCTION core_event_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0004_event_origin")]

    operations = [migrations.RunSQL(INSTALL, REMOVE)]
