-- Those that were made for tests and are still there are counted for each new one: without this, over all that were
-- dropped in the last minutes and still have a row.
create index organizations_for_tests_there on organizations (created_at) where for_tests and dropped_at is null;
