-- What merchants make of their checkouts. An account without one shows every method that its connections bring in.
create table checkouts (
    organization_id uuid not null,
    checkout_id uuid not null,
    account_id uuid not null,
    name text not null,
    description text not null,
    status text not null,
    is_default boolean not null,
    -- A list of what was said of payment methods.
    payment_methods json not null,
    general_settings json not null,
    -- What differs from the default.
    styling json not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, checkout_id),
    foreign key (organization_id, account_id) references accounts (organization_id, account_id),
    constraint checkouts_name_key unique (organization_id, account_id, name)
);

-- One default at most.
create unique index checkouts_default on checkouts (organization_id, account_id) where is_default;
