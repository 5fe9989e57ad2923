-- PostgreSQL 15 and later. Every statement is part of one transaction that the migrator opens.
-- Time is timestamptz by the database's clock; ids are UUIDv7 made by the application.

create table collections (
    id          uuid primary key,
    -- Null once the collection is removed: nobody finds it any more, and the sweeper takes what is left of it.
    name        text unique check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    description text not null default '',
    -- { "language", "chunking": {...}, "retrieval": {...} }
    settings    jsonb not null,
    created     timestamptz not null default now(),
    updated     timestamptz not null default now()
);

-- Counters are incremented under this row's lock inside the committing transaction, so that a reader who has seen number n
-- has seen every smaller one. Kept apart from collections because the row is rewritten with every change.
create table collection_sequences (
    collection_id uuid primary key references collections on delete cascade,
    change_seq    bigint not null default 0,
    event_seq     bigint not null default 0
) with (fillfactor = 50);

-- Never reused: a generation is also the fencing token of the job that writes it.
create sequence generation_numbers as bigint;

create table blobs (
    collection_id uuid not null references collections on delete cascade,
    sha256        bytea not null check (octet_length(sha256) = 32),
    size_bytes    bigint not null,
    created       timestamptz not null default now(),
    -- Set by the sweeper when no document refers to it, null again with the next submission; 24 hours later it may go.
    unreferenced_since timestamptz,
    primary key (collection_id, sha256)
);

create table documents (
    id                uuid primary key,
    collection_id     uuid not null references collections on delete cascade,
    source_id         text not null check (length(source_id) between 1 and 1024),
    name              text not null,
    -- What people see: the sender's title, else the one that the document states.
    title             text,
    given_title       text,
    media_type        text,
    metadata          jsonb not null default '{}',
    -- The newest accepted content; an older generation stays searchable until this one is processed.
    sha256            bytea not null,
    size_bytes        bigint not null,
    status            text not null check (status in ('queued', 'processing', 'ready', 'failed')),
    -- While processing: extract, chunk, analyze, embed, store.
    stage             text,
    progress          int not null default 0 check (progress between 0 and 100),
    problem_code      text,
    problem           text,
    active_generation bigint,
    chunk_count       int not null default 0,
    page_count        int,
    warnings          jsonb not null default '[]',
    created           timestamptz not null default now(),
    updated           timestamptz not null default now(),
    ready_at          timestamptz,
    unique (collection_id, source_id),
    foreign key (collection_id, sha256) references blobs (collection_id, sha256)
);
create index documents_by_creation on documents (collection_id, created, id);
create index documents_by_status on documents (collection_id, status, created, id);
create index documents_by_blob on documents (collection_id, sha256);

-- One row per finished extraction; activated by documents.active_generation, else swept.
create table generations (
    document_id   uuid not null references documents on delete cascade,
    generation    bigint not null,
    collection_id uuid not null,
    sha256        bytea not null,
    -- The extracted text that every offset points into.
    text          text not null,
    title         text,
    media_type    text not null,
    page_count    int,
    extractor     text not null,
    chunker       text not null,
    analyzer      text not null,
    tokens        text not null,
    created       timestamptz not null default now(),
    primary key (document_id, generation)
);

create table chunks (
    id            uuid primary key,
    collection_id uuid not null,
    document_id   uuid not null,
    generation    bigint not null,
    ordinal       int not null,
    start_offset  int not null,
    end_offset    int not null,
    text          text not null,
    headings      text[] not null default '{}',
    page          int,
    kind          text not null,
    token_count   int not null,
    -- Packed (term hash, frequency) pairs and the sum of the frequencies; the analyzer's name stands in generations.
    terms         bytea not null,
    term_count    int not null,
    unique (document_id, generation, ordinal),
    foreign key (document_id, generation) references generations on delete cascade
);

create table embedding_spaces (
    id              int generated always as identity primary key,
    provider        text not null,
    model           text not null,
    revision        text not null,
    dimensions      int not null,
    -- Whether its vectors have unit length.
    normalised      boolean not null default true,
    document_prefix text not null default '',
    query_prefix    text not null default '',
    created         timestamptz not null default now(),
    unique (provider, model, revision, dimensions, normalised, document_prefix, query_prefix)
);

-- float32 little-endian, unit length.
create table chunk_embeddings (
    chunk_id uuid not null references chunks on delete cascade,
    space_id int not null references embedding_spaces,
    vector   bytea not null,
    primary key (chunk_id, space_id)
);

-- What an index follows. document_id is no foreign key: a deletion outlives its document.
create table index_changes (
    collection_id uuid not null references collections on delete cascade,
    seq           bigint not null,
    document_id   uuid not null,
    -- Null: the document is gone.
    generation    bigint,
    created       timestamptz not null default now(),
    primary key (collection_id, seq)
);
create index index_changes_by_age on index_changes (created);

create table jobs (
    id            uuid primary key,
    collection_id uuid not null references collections on delete cascade,
    document_id   uuid not null references documents on delete cascade,
    state         text not null check (state in ('queued', 'running', 'done', 'parked', 'superseded')),
    -- Set anew by every claim; only the holder of the newest may complete the job.
    generation    bigint,
    worker        text,
    -- Claims that count; a claim that was released or whose worker vanished does not.
    attempts      int not null default 0,
    -- How many times its worker vanished.
    losses        int not null default 0,
    stage         text,
    available_at  timestamptz not null default now(),
    lease_until   timestamptz,
    problem_code  text,
    problem       text,
    first_failed  timestamptz,
    last_failed   timestamptz,
    -- W3C traceparent of the request that made the job.
    trace_parent  text,
    created       timestamptz not null default now(),
    finished      timestamptz
);
create index jobs_to_claim on jobs (available_at, id) where state = 'queued';
create index jobs_leased on jobs (lease_until) where state = 'running';
-- For the sweeper.
create index jobs_finished on jobs (finished) where state in ('done', 'superseded');
create index jobs_of_document on jobs (document_id, created);
-- The second click: one open job per document.
create unique index jobs_open_per_document on jobs (document_id) where state in ('queued', 'running');

create table document_events (
    collection_id uuid not null references collections on delete cascade,
    seq           bigint not null,
    document_id   uuid not null,
    at            timestamptz not null default now(),
    name          text not null,
    status        text not null,
    stage         text,
    progress      int not null default 0,
    problem_code  text,
    problem       text,
    primary key (collection_id, seq)
);
create index document_events_by_age on document_events (at);

create table api_keys (
    id          uuid primary key,
    name        text not null,
    -- SHA-256 of the whole key text.
    hash        bytea not null unique,
    scopes      text[] not null,
    -- Null: every collection.
    collections uuid[],
    bootstrap   boolean not null default false,
    created     timestamptz not null default now(),
    expires     timestamptz,
    last_used   timestamptz,
    revoked     timestamptz
);

create table sessions (
    hash    bytea primary key,
    key_id  uuid not null references api_keys on delete cascade,
    created timestamptz not null default now(),
    expires timestamptz not null
);

create table sign_in_tokens (
    hash    bytea primary key,
    key_id  uuid not null references api_keys on delete cascade,
    created timestamptz not null default now(),
    expires timestamptz not null,
    used    timestamptz
);

create table idempotency_keys (
    key_id       uuid not null references api_keys on delete cascade,
    route        text not null,
    key          text not null,
    request_hash bytea not null,
    -- Names the request that holds the key: whoever was overtaken changes nothing any more.
    claim        uuid not null,
    -- Null while that request is still under way.
    status       int,
    response     text,
    location     text,
    -- While under way: when the claim was last renewed.
    created      timestamptz not null default now(),
    primary key (key_id, route, key)
);
