-- Organizations are the tenants: every other table has organization_id first in its keys, so that no statement can
-- reach two tenants and a distributed engine can keep one tenant's rows together.

create table organizations (
    organization_id uuid primary key,
    name text not null,
    created_at timestamptz not null
);

create table accounts (
    organization_id uuid not null references organizations (organization_id),
    account_id uuid not null,
    name text not null,
    created_at timestamptz not null,
    primary key (organization_id, account_id)
);

-- The way into a tenant, so the one table that is not found by it. The secret is 256 random bits: its SHA-256 cannot
-- be turned back, and needs no slow hash.
create table api_keys (
    public_api_key text primary key,
    secret_sha256 bytea not null,
    organization_id uuid not null references organizations (organization_id),
    created_at timestamptz not null
);

-- Written in the transaction of the work that they guard.
create table idempotency_keys (
    organization_id uuid not null references organizations (organization_id),
    operation text not null,
    idempotency_key text not null,
    body_sha256 bytea not null,
    -- Whose personal data the answer has: it goes when the customer is deleted.
    customer_id uuid,
    status smallint,
    answer text,
    created_at timestamptz not null,
    primary key (organization_id, operation, idempotency_key)
);

create index idempotency_keys_customer on idempotency_keys (organization_id, customer_id) where customer_id is not null;
