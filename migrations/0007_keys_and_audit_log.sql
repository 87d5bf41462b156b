alter table api_keys
    -- Null: it does not expire.
    add column expires_at timestamptz,
    -- The networks that it may be used from, as CIDRs. Empty: from anywhere.
    add column allowed_networks text[] not null default '{}';

create index api_keys_of_organization on api_keys (organization_id, created_at);

-- Who changed keys and connections. Only added to: no clean-up touches it.
create table audit_log (
    organization_id uuid not null references organizations (organization_id),
    entry_id uuid not null,
    -- cli, demo, or the public key that was called with.
    actor text not null,
    action text not null,
    -- The public key, connection or account that it is about.
    subject text not null,
    details json not null,
    created_at timestamptz not null,
    primary key (organization_id, created_at, entry_id)
);
