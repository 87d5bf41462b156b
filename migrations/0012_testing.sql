-- What tests do with organizations of their own. Nothing is ever in it where test controls are off.
alter table organizations
    -- How far its time is ahead of the machine's.
    add column ahead interval not null default interval '0',
    -- Whether a test made it, and may drop it.
    add column for_tests boolean not null default false,
    -- When it was dropped: its rows go when no call is on its way any more that could add some.
    add column dropped_at timestamptz;

create index organizations_ahead on organizations (organization_id) where ahead > interval '0';
create index organizations_for_tests on organizations (created_at) where for_tests;
create index organizations_dropped on organizations (dropped_at) where dropped_at is not null;
