-- What was found to differ between the rows and the store of originals, and where the comparisons stand.

-- Null: nothing is known to be wrong. Set when the store lacks the content or holds something else; null again when it is put back.
alter table blobs add column fault text check (fault in ('missing', 'damaged'));
alter table blobs add column fault_found timestamptz;
create index blobs_with_fault on blobs (fault) where fault is not null;

-- Comparisons go through their rows in the order of the key, some at a time; whichever process has the next turn goes on from here.
create table walks (
    name      text primary key,
    last_id   uuid not null,
    last_hash bytea not null default ''
);
