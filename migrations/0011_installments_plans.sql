create table installments_plans (
    organization_id uuid not null references organizations (organization_id),
    plan_id uuid not null,
    -- Of the organization; accounts never go.
    account_ids uuid[] not null,
    name text not null,
    merchant_reference text not null,
    installments jsonb not null,
    country_code text,
    scheme text,
    brand text[],
    issuer text,
    iin text[],
    first_installment_deferral smallint not null,
    -- Null, as everything that a plan is narrowed by: for any.
    currency text,
    min_value numeric(19, 4),
    max_value numeric(19, 4),
    start_at timestamptz,
    finish_at timestamptz,
    payment_method_type text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, plan_id),
    constraint installments_plans_account_ids_check check (cardinality(account_ids) > 0)
);

-- The plans of an account, whose id no other organization has.
create index installments_plans_account_ids on installments_plans using gin (account_ids);
