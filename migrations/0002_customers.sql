-- A deleted customer keeps its row, so that sessions and payments still refer to something, and its digest, so that
-- the merchant's id stays taken. All that tells who it was is null then.
create table customers (
    organization_id uuid not null references organizations (organization_id),
    customer_id uuid not null,
    merchant_customer_id text,
    merchant_customer_id_sha256 bytea not null,
    details jsonb,
    -- json and not jsonb: answered with its keys in the order in which they were sent.
    metadata json,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted_at timestamptz,
    primary key (organization_id, customer_id),
    constraint customers_merchant_customer_id_key unique (organization_id, merchant_customer_id_sha256)
);
