-- What tests do with organizations of their own. Nothing is ever in it where test controls are off.
alter table organizations
    -- How far its time is ahead of the machine's.
    add column ahead interval not null default interval '0',
    -- Whether a test made it, and may drop it.
    add column for_tests boolean not null default false;

create index organizations_ahead on organizations (organization_id) where ahead > interval '0';
create index organizations_for_tests on organizations (created_at) where for_tests;
