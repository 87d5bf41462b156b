-- Turns the migrated schema into tables that Citus keeps on several machines, the rows of an organization together.
--
--   yuno-sessions migrate && psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/citus.sql
--
-- With psql, on the coordinator, as a superuser, with the workers added, while no server runs; and again after an upgrade:
-- what is distributed already is left alone. Citus 12 or newer. tests/api/distributed/ checks it against the schema and
-- the statements. _sqlx_migrations is not in it: it stays on the coordinator.

-- A table that is everywhere must not refer to one that is not. Organizations never go.
alter table api_keys drop constraint if exists api_keys_organization_id_fkey;

-- Those first that others refer to, each in a transaction of its own: a distributed table may refer only to those that are
-- distributed by the same column.
select format(
    'select create_distributed_table(%L, ''organization_id'', colocate_with => %L)',
    name, case name when 'organizations' then 'none' else 'organizations' end
)
from unnest(array[
    'organizations',
    'accounts',
    'idempotency_keys',
    'customers',
    'checkout_sessions',
    'customer_sessions',
    'connections',
    'checkouts',
    'installments_plans',
    'tokens',
    'payment_methods',
    'payments',
    'transactions',
    'webhooks',
    'events',
    'deliveries',
    'audit_log'
]) with ordinality as distributed (name, place)
where not exists (select from pg_dist_partition where logicalrelid = name::regclass)
order by place
\gexec

-- Keys are looked up before the organization is known, and are few that hardly ever change: every node has all of them.
-- Distributed by the key, each look-up would go to another machine. A lease is nobody's.
select format('select create_reference_table(%L)', name)
from unnest(array[
    'api_keys',
    'leases'
]) with ordinality as reference (name, place)
where not exists (select from pg_dist_partition where logicalrelid = name::regclass)
order by place
\gexec
