"""The SQL that fills an estate: a service call for each of a million instances would take a day.

Everything is spread by arithmetic on the row's number, so that neighbours in a table belong to different accounts, as
they do after years of use.
"""

from __future__ import annotations

ACCOUNTS = """
INSERT INTO tenants_account (uuid, domain_id, name)
SELECT gen_random_uuid(), (%(domains)s::bigint[])[1 + n %% cardinality(%(domains)s::bigint[])], 'account-' || n
FROM generate_series(1, %(accounts)s) n
"""
NETWORKS = """
INSERT INTO network_network (uuid, account_id, name, zone_id, cidr, domain, mtu, state)
SELECT gen_random_uuid(), a.id, 'default', %(zone)s, '10.0.0.0/16', 'internal', 1442, 'Implemented'
FROM tenants_account a WHERE NOT EXISTS (SELECT 1 FROM network_network n WHERE n.account_id = a.id)
"""
# Every k-th instance is the tenant's; the others are spread over all accounts by a multiplication that scatters.
INSTANCES = """
WITH accounts AS (SELECT array_agg(id ORDER BY id) AS ids FROM tenants_account WHERE id <> %(tenant)s),
     hosts AS (SELECT array_agg(id ORDER BY id) AS ids FROM infrastructure_host),
     spread AS (
  SELECT n, CASE WHEN n %% %(every)s = 0 THEN %(tenant)s
                 ELSE accounts.ids[1 + (n * 7919::bigint) %% cardinality(accounts.ids)] END AS account,
         hosts.ids[1 + (n * 104729::bigint) %% cardinality(hosts.ids)] AS host, n %% 10 < 8 AS runs
  FROM generate_series(1, %(instances)s) n, accounts, hosts)
INSERT INTO compute_instance (uuid, created_at, account_id, name, zone_id, offering_id, template_id, host_id,
                              last_host_id, user_data, state, power_state, error)
SELECT gen_random_uuid(), now() - (%(instances)s - n) * interval '20 seconds', account, 'vm-' || n, %(zone)s,
       (%(offerings)s::bigint[])[1 + n %% cardinality(%(offerings)s::bigint[])], %(template)s,
       CASE WHEN runs THEN host END, host, '', CASE WHEN runs THEN 'Running' ELSE 'Stopped' END,
       CASE WHEN runs THEN 'running' ELSE 'stopped' END, ''
FROM spread ORDER BY n
"""
PORTS = """
INSERT INTO network_port (uuid, network_id, mac, address, hostname, is_default)
SELECT gen_random_uuid(), n.id, '06' || regexp_replace(lpad(to_hex(i.id), 10, '0'), '(..)', ':\\1', 'g'),
       '10.0.0.2'::inet + row_number() OVER (PARTITION BY n.id ORDER BY i.id), i.name, true
FROM compute_instance i JOIN network_network n ON n.account_id = i.account_id
"""
NICS = """
INSERT INTO compute_nic (instance_id, network_id, port_id, position)
SELECT i.id, n.id, p.id, 0
FROM compute_instance i JOIN network_network n ON n.account_id = i.account_id
JOIN network_port p ON p.network_id = n.id AND p.hostname = i.name
"""
