-- Originals in the database, where API and workers share no folder (Rag:Blobs:Provider=postgres). Cut into parts, so that neither side
-- ever holds a whole one in memory.

create table blob_uploads (
    id         uuid primary key,
    -- Moves while parts arrive, so that a slow upload is no leftover.
    touched    timestamptz not null default now()
);

create table blob_parts (
    upload_id uuid not null references blob_uploads on delete cascade,
    part      int not null,
    data      bytea not null,
    primary key (upload_id, part)
);
-- Most originals are compressed already; a second time only costs.
alter table blob_parts alter column data set storage external;

create table blob_contents (
    collection_id uuid not null,
    sha256        bytea not null check (octet_length(sha256) = 32),
    upload_id     uuid not null references blob_uploads,
    size_bytes    bigint not null,
    written       timestamptz not null default now(),
    primary key (collection_id, sha256)
);
create unique index blob_contents_by_upload on blob_contents (upload_id);
