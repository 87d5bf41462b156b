create table connections (
    organization_id uuid not null,
    connection_id uuid not null,
    account_id uuid not null,
    merchant_connection_id text not null,
    provider_id text not null,
    status text not null,
    payment_methods text[] not null,
    -- Null: not narrowed.
    countries text[],
    currencies text[],
    -- Values of secret parameters are not kept: nothing here calls a provider.
    params json not null,
    costs json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, connection_id),
    foreign key (organization_id, account_id) references accounts (organization_id, account_id),
    constraint connections_merchant_connection_id_key unique (organization_id, account_id, merchant_connection_id),
    constraint connections_status_check check (status in ('ACTIVE', 'PAUSED'))
);
