-- That a session has expired is not stored: expires_at says it.
-- No foreign key to accounts: it would lock one row of a busy account for every session, and accounts never go.
create table checkout_sessions (
    organization_id uuid not null,
    checkout_session_id uuid not null,
    account_id uuid not null,
    customer_id uuid,
    merchant_order_id text not null,
    payment_description text not null,
    country text not null,
    currency text not null,
    amount numeric(19, 4) not null,
    callback_url text,
    return_url text,
    metadata json,
    workflow text not null,
    installments json,
    checkout_id uuid,
    -- What is kept for later and never answered.
    alternative_amount jsonb,
    recurring_payment json,
    additional_data json,
    payment_method json,
    customer_payer json,
    used boolean not null default false,
    completed boolean not null default false,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (organization_id, checkout_session_id),
    foreign key (organization_id, customer_id) references customers (organization_id, customer_id),
    constraint checkout_sessions_amount_check check (amount >= 0)
);

-- To forget a deleted customer in its sessions too. Partial, so that a session without such data costs nothing.
create index checkout_sessions_of_customer on checkout_sessions (organization_id, customer_id)
    where customer_payer is not null or additional_data is not null;

create table customer_sessions (
    organization_id uuid not null,
    customer_session_id uuid not null,
    account_id uuid not null,
    customer_id uuid not null,
    country text not null,
    callback_url text,
    return_url text,
    checkout_id uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (organization_id, customer_session_id),
    foreign key (organization_id, customer_id) references customers (organization_id, customer_id)
);
