-- Turns the migrated schema into tables that Citus keeps on several machines, the rows of an organization together.
--
--   yuno-sessions migrate && psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -f deploy/citus.sql
--
-- On the coordinator, as a superuser, with the workers added, when no server runs yet; again after an upgrade that brought
-- new tables: what is distributed already is left alone. Citus 12 or newer (an identity column of type bigint on a
-- distributed table: 11.2 and newer). tests/api/distributed.rs checks this file against the schema.

-- Keys are looked up before the organization is known, a few rows that hardly ever change: every node has all of them. By
-- their key alone they could be distributed too, but then each look-up would go to another machine. Neither may have a
-- foreign key to a distributed table; organizations never go.
alter table api_keys drop constraint if exists api_keys_organization_id_fkey;

do $$
declare
    -- Those first that others refer to: a distributed table may refer to distributed ones only.
    distributed constant text[] := array[
        'organizations',
        'accounts',
        'idempotency_keys',
        'customers',
        'checkout_sessions',
        'customer_sessions',
        'connections',
        'tokens',
        'payment_methods',
        'payments',
        'transactions',
        'webhooks',
        'events',
        'deliveries'
    ];
    -- On every node whole.
    reference constant text[] := array[
        'api_keys',
        'leases'
    ];
    -- On the coordinator alone, and not named above: _sqlx_migrations.
    name text;
begin
    -- Foreign keys are made on all shards of a table in one transaction.
    set local citus.multi_shard_modify_mode = 'sequential';
    foreach name in array distributed loop
        if to_regclass(name) is not null
            and not exists (select from pg_dist_partition where logicalrelid = to_regclass(name))
        then
            perform create_distributed_table(
                to_regclass(name), 'organization_id',
                colocate_with => case name when 'organizations' then 'none' else 'organizations' end
            );
        end if;
    end loop;
    foreach name in array reference loop
        if to_regclass(name) is not null
            and not exists (select from pg_dist_partition where logicalrelid = to_regclass(name))
        then
            perform create_reference_table(to_regclass(name));
        end if;
    end loop;
end
$$;
