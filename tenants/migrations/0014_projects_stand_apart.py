"""What no CHECK of one table can say: nobody belongs to a project, a project owns none and is of its owner's domain."""

from django.db import migrations

INSTALL = """
CREATE FUNCTION tenants_project_stands_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM tenants_project p WHERE p.account_id = NEW.owner_id)
        OR EXISTS (SELECT 1 FROM tenants_project p WHERE p.owner_id = NEW.account_id AND p.removed_at IS NULL)
    THEN
        RAISE check_violation USING MESSAGE = 'A project owns no projects', CONSTRAINT = 'project_owns_none';
    END IF;
    IF EXISTS (SELECT 1 FROM tenants_user u WHERE u.account_id = NEW.account_id) THEN
        RAISE check_violation USING MESSAGE = 'Nobody belongs to a project', CONSTRAINT = 'project_has_no_users';
    END IF;
    IF (SELECT count(DISTINCT a.domain_id) FROM tenants_account a WHERE a.id IN (NEW.account_id, NEW.owner_id)) > 1 THEN
        RAISE check_violation USING MESSAGE = 'A project is of its owner''s domain', CONSTRAINT = 'project_of_domain';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tenants_project_stands_apart BEFORE INSERT OR UPDATE OF account_id, owner_id ON tenants_project
    FOR EACH ROW EXECUTE FUNCTION tenants_project_stands_apart();
CREATE FUNCTION tenants_user_of_no_project() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM tenants_project p WHERE p.account_id = NEW.account_id) THEN
        RAISE check_violation USING MESSAGE = 'Nobody belongs to a project', CONSTRAINT = 'user_of_no_project';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER tenants_user_of_no_project BEFORE INSERT OR UPDATE OF account_id ON tenants_user
    FOR EACH ROW EXECUTE FUNCTION tenants_user_of_no_project();
"""

REMOVE = """
DROP TRIGGER tenants_user_of_no_project ON tenants_user;
DROP FUNCTION tenants_user_of_no_project();
DROP TRIGGER tenants_project_stands_apart ON tenants_project;
DROP FUNCTION tenants_project_stands_apart();
"""


class Migration(migrations.Migration):
    dependencies = [("tenants", "0013_projects")]

    operations = [migrations.RunSQL(INSTALL, REMOVE)]
