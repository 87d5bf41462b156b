-- Card numbers and security codes are in no table: card has what is kept in their place.

-- What came of a key's work, where the answer is made anew each time, and whether the work was refused. Of such work
-- body_sha256 is empty: the body can have a card number.
alter table idempotency_keys
    add column subject_id uuid,
    add column refused boolean not null default false;

create index idempotency_keys_created_at on idempotency_keys (created_at, organization_id);

create table tokens (
    organization_id uuid not null,
    token_id uuid not null,
    account_id uuid not null,
    -- Null: made for an account, not for a session.
    checkout_session_id uuid,
    customer_id uuid,
    payment_method_type text not null,
    vaulted_token uuid,
    vault_on_success boolean not null,
    card jsonb,
    installments smallint,
    -- The payment or payment method that was made with it.
    used_for uuid,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    primary key (organization_id, token_id),
    foreign key (organization_id, customer_id) references customers (organization_id, customer_id)
);

create index tokens_expires_at on tokens (expires_at, organization_id);
create index tokens_of_customer on tokens (organization_id, customer_id) where customer_id is not null;

create table payment_methods (
    organization_id uuid not null,
    payment_method_id uuid not null,
    account_id uuid not null,
    customer_id uuid not null,
    -- Null: enrolled without a session.
    customer_session_id uuid,
    payment_method_type text not null,
    country text not null,
    status text not null,
    vaulted_token uuid not null,
    -- Null until it is enrolled, and again when it is unenrolled.
    provider_token uuid,
    card jsonb,
    -- Whether it is listed: what a wallet's payment vaulted can be paid with, and is not.
    listed boolean not null,
    callback_url text,
    return_url text,
    verify_vault_on_success boolean not null,
    verify_currency text,
    verify_metadata json,
    verify_payment_id uuid,
    idempotency_key text,
    -- The page on which the customer agrees, where that is how it is enrolled.
    page_id uuid,
    last_successfully_used_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    -- Until when it can be enrolled.
    expires_at timestamptz,
    primary key (organization_id, payment_method_id),
    foreign key (organization_id, customer_id) references customers (organization_id, customer_id),
    constraint payment_methods_vaulted_token_key unique (organization_id, vaulted_token)
);

create index payment_methods_of_customer on payment_methods (organization_id, customer_id);
create index payment_methods_verify_payment_id on payment_methods (organization_id, verify_payment_id)
    where verify_payment_id is not null;
create unique index payment_methods_page_id on payment_methods (organization_id, page_id) where page_id is not null;

create table payments (
    organization_id uuid not null,
    payment_id uuid not null,
    account_id uuid not null,
    checkout_session_id uuid,
    customer_id uuid,
    merchant_order_id text not null,
    merchant_reference text,
    description text not null,
    country text not null,
    currency text not null,
    amount numeric(19, 4) not null,
    paid numeric(19, 4) not null default 0,
    captured numeric(19, 4) not null default 0,
    refunded numeric(19, 4) not null default 0,
    status text not null,
    sub_status text not null,
    workflow text not null,
    payment_method_type text not null,
    provider_id text not null,
    connection_id uuid,
    token_id uuid,
    vaulted_token uuid,
    vault_on_success boolean not null,
    card jsonb,
    -- The method's details as they are answered, without the card.
    detail json not null,
    callback_url text,
    return_url text,
    metadata json,
    customer_payer json,
    additional_data json,
    split_marketplace json,
    subscription json,
    idempotency_key text,
    -- The transaction that a gateway is being asked about: one at a time.
    in_flight uuid,
    -- The page on which the customer agrees or authenticates.
    page_id uuid,
    -- When something is to be done about it unless it moves: a gateway never answered, or the customer never paid.
    due_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, payment_id),
    foreign key (organization_id, checkout_session_id)
        references checkout_sessions (organization_id, checkout_session_id),
    foreign key (organization_id, customer_id) references customers (organization_id, customer_id),
    -- One payment a session, whatever else goes wrong.
    constraint payments_checkout_session_key unique (organization_id, checkout_session_id),
    constraint payments_money_check check (
        amount >= 0 and captured >= 0 and refunded >= 0
        and captured <= paid and paid <= amount and refunded <= paid
    )
);

create index payments_merchant_order_id on payments (organization_id, merchant_order_id);
create unique index payments_page_id on payments (organization_id, page_id) where page_id is not null;
-- To forget a deleted customer in its payments too.
create index payments_of_customer on payments (organization_id, customer_id) where customer_id is not null;
-- Asked first which organizations have something due: not by organization.
create index payments_due_at on payments (due_at) where due_at is not null;

create table transactions (
    organization_id uuid not null,
    transaction_id uuid not null,
    payment_id uuid not null,
    -- Their order within the payment.
    position smallint not null,
    type text not null,
    status text not null,
    response_code text not null,
    amount numeric(19, 4) not null,
    -- What refunds gave back of this one.
    refunded numeric(19, 4) not null default 0,
    -- The transaction that a capture, a refund or a cancellation is about.
    about_transaction_id uuid,
    merchant_reference text,
    description text,
    reason text,
    status_detail text,
    proof json,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, transaction_id),
    foreign key (organization_id, payment_id) references payments (organization_id, payment_id),
    constraint transactions_position_key unique (organization_id, payment_id, position),
    constraint transactions_money_check check (amount >= 0 and refunded >= 0 and refunded <= amount)
);
