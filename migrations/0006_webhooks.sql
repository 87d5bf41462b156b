-- Secrets of webhooks are kept as they are: they are sent with every delivery.
create table webhooks (
    organization_id uuid not null,
    webhook_id bigint not null,
    account_id uuid not null,
    name text not null,
    state text not null,
    url text not null,
    api_key text,
    secret text,
    hmac_client_secret text,
    oauth2_authentication_url text,
    oauth2_client_id text,
    oauth2_client_secret text,
    oauth2_grant_type text,
    oauth2_scope text,
    oauth2_authorization_name text,
    oauth2_include_client_id boolean not null,
    enrollment_triggers text[] not null,
    payment_triggers text[] not null,
    report_triggers text[] not null,
    subscription_triggers text[],
    onboarding_triggers text[],
    checkout_session_triggers text[] not null,
    renewal_days integer,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, webhook_id),
    constraint webhooks_name_key unique (organization_id, account_id, name)
);

-- What happened, written in the transaction in which it did.
create table events (
    organization_id uuid not null,
    event_id uuid not null,
    account_id uuid not null,
    kind text not null,
    -- The payment, payment method or session that it is about.
    subject_id uuid not null,
    customer_id uuid,
    -- What is notified besides webhooks.
    callback_url text,
    -- The data that receivers get, with null in the places of personal data.
    data json not null,
    -- By place what stands there: it goes when the customer is deleted.
    personal json,
    -- Whether it has gone.
    forgotten boolean not null default false,
    -- Its place in the order of the organization's events. Given after the commit, so that whoever has read up to one
    -- never misses an earlier one that was committed later.
    position bigint,
    -- In which order they were written: of one subject that is the order of the commits, because its row is locked.
    written bigint generated always as identity,
    created_at timestamptz not null,
    primary key (organization_id, event_id),
    constraint events_position_key unique (organization_id, position)
);

create index events_without_position on events (organization_id, written) where position is null;
create index events_of_customer on events (organization_id, customer_id) where customer_id is not null;
create index events_created_at on events (created_at, organization_id);

alter table organizations
    -- The place of its last event.
    add column last_position bigint not null default 0;

alter table accounts
    -- The last checkout session whose expiry was told; null while no webhook asks for it.
    add column expiries_told_up_to uuid;

-- Deliveries of events to receivers: a webhook, or the callback_url of one session.
create table deliveries (
    organization_id uuid not null,
    delivery_id uuid not null,
    event_id uuid not null,
    webhook_id bigint,
    callback_url text,
    -- What one receiver's calls are counted by: the webhook, or the host of the callback_url.
    receiver text not null,
    subject_id uuid not null,
    -- The event's.
    position bigint not null,
    -- Whether it waits for earlier ones of the same subject, and later ones for it: not when it is sent once more.
    ordered boolean not null,
    status text not null,
    tries smallint not null default 0,
    first_tried_at timestamptz,
    -- When it is to be tried; null when it waits for another, or is over.
    due_at timestamptz,
    -- While it is being tried: when that will count as never done.
    leased_until timestamptz,
    last_tried_at timestamptz,
    answer_status smallint,
    answer_body text,
    problem text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    primary key (organization_id, delivery_id),
    foreign key (organization_id, event_id) references events (organization_id, event_id) on delete cascade,
    constraint deliveries_receiver_check check ((webhook_id is null) <> (callback_url is null))
);

-- The first of each receiver, and those that are due.
create index deliveries_due_of_receiver on deliveries (organization_id, receiver, due_at, position)
    where due_at is not null;
create index deliveries_due_at on deliveries (due_at, organization_id) where due_at is not null;
create index deliveries_pending_of_subject on deliveries (organization_id, subject_id, position)
    where status = 'PENDING';
create index deliveries_of_webhook on deliveries (organization_id, webhook_id, position, delivery_id)
    where webhook_id is not null;
create index deliveries_of_event on deliveries (organization_id, event_id);
create index deliveries_undelivered_of_webhook on deliveries
    (organization_id, webhook_id, status, position, delivery_id)
    where webhook_id is not null and status <> 'DELIVERED';
create index deliveries_pending_created_at on deliveries (organization_id, created_at) where status = 'PENDING';
