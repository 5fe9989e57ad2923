-- What an index outside of the database holds, so that it can be followed, compared and built anew. One projector writes all of it,
-- in the transaction that says how far it has come.

-- Counts the projectors that took over. A transaction of one that was replaced finds another number and gives up.
create table index_projectors (
    provider text primary key,
    epoch    bigint not null
);

create table index_versions (
    id        int generated always as identity primary key,
    provider  text not null,
    -- Of the collection there.
    name      text not null unique,
    -- Null: without vectors.
    space_id  int references embedding_spaces,
    state     text not null check (state in ('building', 'active', 'retired')),
    created   timestamptz not null default now(),
    activated timestamptz,
    retired   timestamptz
);
create sequence index_version_numbers;
create unique index index_versions_active on index_versions (provider) where state = 'active';
create unique index index_versions_building on index_versions (provider) where state = 'building';

-- No foreign keys to collections and documents: what the index holds outlives them until it is removed there.
create table index_collections (
    version_id     int not null references index_versions on delete cascade,
    collection_id  uuid not null,
    watermark      bigint not null,
    -- False while documents that were there before the watermark are still missing.
    loaded         boolean not null,
    -- Every document is looked at for whether the index holds it as it is.
    comparing      boolean not null,
    chunks         bigint not null default 0,
    vectors        bigint not null default 0,
    total_length   bigint not null default 0,
    -- Mean length of a chunk in terms that the weights were made with.
    average_length double precision not null,
    primary key (version_id, collection_id)
);

create table index_documents (
    version_id    int not null references index_versions on delete cascade,
    collection_id uuid not null,
    document_id   uuid not null,
    generation    bigint not null,
    chunks        int not null,
    vectors       int not null,
    total_length  bigint not null,
    -- Version of what made its terms.
    analyzer      text not null,
    -- Packed (term hash, number of chunks that hold it).
    terms         bytea not null,
    primary key (version_id, document_id)
);
create index index_documents_by_collection on index_documents (version_id, collection_id, document_id);

create table index_analyzers (
    version_id    int not null references index_versions on delete cascade,
    collection_id uuid not null,
    analyzer      text not null,
    documents     int not null,
    primary key (version_id, collection_id, analyzer)
);

create table index_terms (
    version_id    int not null references index_versions on delete cascade,
    collection_id uuid not null,
    term          bigint not null,
    chunks        int not null,
    primary key (version_id, collection_id, term)
);
