"""The SQL that fills every list of a cloud of many accounts, after the estate's own.

Rows of one kind are written in one statement, spread by arithmetic as in `estate_sql`. What has only tens of rows is
made by services.
"""

from __future__ import annotations

DEPARTMENTS = """
INSERT INTO tenants_domain (id, uuid, parent_id, name, path)
SELECT id, gen_random_uuid(), parent, 'department-' || n, path || id || '/'
FROM (SELECT nextval(pg_get_serial_sequence('tenants_domain', 'id')) AS id, d.id AS parent, d.path, n
      FROM tenants_domain d, generate_series(1, %(departments)s) n
      WHERE d.id = ANY(%(customers)s::bigint[])) made
RETURNING id
"""
USERS = """
INSERT INTO tenants_user (uuid, account_id, username, first_name, last_name, email, password, is_superuser, is_staff,
                          is_active, date_joined)
SELECT gen_random_uuid(), a.id, 'user-' || a.id, '', '', 'user-' || a.id || '@example.org', '!', false, false, true,
       now()
FROM tenants_account a WHERE NOT EXISTS (SELECT 1 FROM tenants_user u WHERE u.account_id = a.id)
"""
GRANTS = """
INSERT INTO tenants_accountuserobjectpermission (uuid, created_at, permission_id, user_id, content_object_id)
SELECT gen_random_uuid(), now(), r.on_account_id, u.id, u.account_id
FROM tenants_user u, tenants_role r WHERE r.code = 'account_owner' AND u.username = 'user-' || u.account_id
"""
GROUPS = """
WITH made AS (INSERT INTO auth_group (name) SELECT 'staff-' || id FROM tenants_domain RETURNING id, name)
INSERT INTO tenants_group (uuid, domain_id, name, description, auth_id)
SELECT gen_random_uuid(), d.id, 'staff', '', made.id FROM made JOIN tenants_domain d ON made.name = 'staff-' || d.id
"""
API_KEYS = """
INSERT INTO tenants_apikey (uuid, user_id, name, key_id, is_enabled, networks, permissions, account_ids, domain_ids,
                            secret_hash, signs, signing_secret, previous_hash, previous_signing_secret)
SELECT gen_random_uuid(), u.id, 'laptop', left(md5(u.id::text), 12), true, '{}', '{}', '{}', '{}', md5('k' || u.id),
       false, '', '', ''
FROM tenants_user u WHERE u.username = 'user-' || u.account_id
"""
SSH_KEYS = """
INSERT INTO compute_sshkey (uuid, account_id, name, public_key, fingerprint)
SELECT gen_random_uuid(), a.id, 'laptop', 'ssh-ed25519 AAAA' || md5(a.id::text), 'SHA256:' || md5(a.id::text)
FROM tenants_account a
"""
WEBHOOKS = """
INSERT INTO tenants_webhook (uuid, account_id, name, url, secret, previous_secret, actions, level, is_enabled, problem)
SELECT gen_random_uuid(), a.id, 'hook', 'https://example.org/' || a.id, '', '', '[]', 'info', true, ''
FROM tenants_account a
"""
DELIVERIES = """
INSERT INTO tenants_webhookdelivery (uuid, webhook_id, created_at, action, body, state, attempts, next_at, answer,
                                     problem)
SELECT gen_random_uuid(), w.id, now() - w.id * interval '1 second', 'compute.deploy_instance', '{}', 'delivered', 1,
       now(), '', ''
FROM tenants_webhook w, generate_series(1, 2)
"""
# Not everybody registers templates, and few of them are for all.
TEMPLATES = """
INSERT INTO storage_template (uuid, account_id, name, store_id, os_type, format, source_url, checksum, size_bytes,
                              file_bytes, is_public, state, price_per_gib_hour)
SELECT gen_random_uuid(), a.id, 'image-' || a.id, (SELECT min(id) FROM storage_secondarystore), 'Linux', 'qcow2', '',
       '', 10737418240, 536870912, a.id %% 1000 = 0, 'Ready', 0
FROM tenants_account a WHERE a.id %% 10 = 0 OR a.id = %(tenant)s
"""
PUBLIC_ADDRESSES = """
INSERT INTO network_publicaddress (uuid, zone_id, address, account_id, network_id, is_source_nat, price_per_hour)
SELECT gen_random_uuid(), %(zone)s, '100.64.0.0'::inet + n.id, n.account_id, n.id, true, 0 FROM network_network n
"""
VOLUMES = """
INSERT INTO storage_volume (uuid, account_id, name, zone_id, pool_id, offering_id, template_id, kind, size_bytes, state)
SELECT gen_random_uuid(), i.account_id, i.name || '-' || part, i.zone_id, pools.ids[1 + i.id %% cardinality(pools.ids)],
       %(disk_offering)s, i.template_id, CASE part WHEN 1 THEN 'root' ELSE 'data' END, 10737418240, 'Ready'
FROM compute_instance i, generate_series(1, %(volumes_each)s) part,
     (SELECT array_agg(id ORDER BY id) AS ids FROM storage_storagepool) pools
"""
ATTACHMENTS = """
INSERT INTO compute_volumeattachment (instance_id, volume_id, position)
SELECT i.id, v.id, right(v.name, 1)::int - 1
FROM compute_instance i JOIN storage_volume v ON v.account_id = i.account_id AND v.name LIKE i.name || '-_'
"""
JOBS = """
INSERT INTO jobs_job (uuid, created_at, kind, title, state, direction, account_id, actor_name, resource_type,
                      resource_id, resource_uuid, resource_name, args, result, queue, priority, attempt, crashes,
                      lease_owner, cancel_requested, request_id, message, error_code, error, started_at, finished_at,
                      progress)
SELECT gen_random_uuid(), now() - i.id * interval '10 seconds', 'compute.start_instance', 'Start ' || i.name,
       'succeeded', 'do', i.account_id, 'user', 'compute.instance', i.id, i.uuid, i.name, '{}', '{}', 'default', 0,
       1, 0, '', false, '', '', '', '', now(), now(), 100
FROM compute_instance i, generate_series(1, %(jobs_each)s)
"""
EVENTS = """
INSERT INTO core_event (uuid, at, action, level, outcome, message, actor_name, account_id, resource_type, resource_uuid,
                        resource_name, request_id, details)
SELECT gen_random_uuid(), now() - i.id * interval '10 seconds', 'compute.start_instance', 'info', 'succeeded',
       'Instance ' || i.name || ' started.', 'user', i.account_id, 'compute.instance', i.uuid, i.name, '',
       '{}'
FROM compute_instance i, generate_series(1, %(events_each)s)
"""
# A tenth of the accounts has a project; the account of a project is one more.
PROJECT_ACCOUNTS = """
INSERT INTO tenants_account (uuid, domain_id, name)
SELECT gen_random_uuid(), a.domain_id, 'project-' || a.id FROM tenants_account a WHERE a.id %% 10 = 0
"""
PROJECTS = """
INSERT INTO tenants_project (uuid, account_id, owner_id, description)
SELECT gen_random_uuid(), p.id, a.id, '' FROM tenants_account a JOIN tenants_account p ON p.name = 'project-' || a.id
"""
# The owner's user, and the tenant in every hundredth.
MEMBERS = """
INSERT INTO tenants_accountuserobjectpermission (uuid, created_at, permission_id, user_id, content_object_id)
SELECT gen_random_uuid(), now(), r.on_account_id, u.id, p.account_id
FROM tenants_project p JOIN tenants_user u ON u.account_id = p.owner_id
  OR (u.account_id = %(tenant)s AND p.id %% 100 = 0), tenants_role r
WHERE r.code = 'project_member'
"""
INVITATIONS = """
INSERT INTO tenants_projectinvitation (uuid, email, token_hash, expires_at, project_id, role_id)
SELECT gen_random_uuid(), 'guest-' || p.id || '@example.org', md5('i' || p.id), now() + interval '7 days', p.id, r.id
FROM tenants_project p, tenants_role r WHERE r.code = 'project_member'
"""
TEMPLATE_SHARES = """
INSERT INTO storage_templateshare (uuid, account_id, resource_id)
SELECT gen_random_uuid(), a.id, t.id FROM tenants_account a, storage_template t
WHERE a.id %% 5 = 0 AND t.account_id = %(tenant)s
"""
NETWORK_SHARES = """
INSERT INTO network_networkshare (uuid, account_id, resource_id)
SELECT gen_random_uuid(), %(tenant)s, n.id FROM network_network n WHERE n.id %% 200 = 0 AND n.account_id <> %(tenant)s
"""
NOTIFICATIONS = """
INSERT INTO tenants_notification (uuid, created_at, kind, level, message, url, key, on_page, user_id)
SELECT gen_random_uuid(), now() - n * interval '1 hour', 'job-failed', 'error', 'Start vm-1 failed.', '/jobs/', n, true,
       u.id
FROM tenants_user u, generate_series(1, 4) n
"""
ALERTS = """
INSERT INTO core_alert (uuid, kind, about, level, message, resource_type, resource_uuid, resource_name, zone_id,
                        zone_name, state, occurrences, acknowledged_by, note)
SELECT gen_random_uuid(), 'host-disconnected', 'infrastructure.host:' || h.uuid, 'error',
       'Host ' || h.name || ' does not answer.', 'infrastructure.host', h.uuid, h.name, h.zone_id, 'Bench', 'Open', 1,
       '', ''
FROM infrastructure_host h WHERE h.id %% 20 = 0
"""
STATEMENTS = (
    USERS, GRANTS, GROUPS, API_KEYS, SSH_KEYS, WEBHOOKS, DELIVERIES, TEMPLATES, PUBLIC_ADDRESSES, VOLUMES, ATTACHMENTS,
    JOBS, EVENTS, PROJECT_ACCOUNTS, PROJECTS, MEMBERS, INVITATIONS, TEMPLATE_SHARES, NETWORK_SHARES, NOTIFICATIONS,
    ALERTS,
)  # fmt: skip
