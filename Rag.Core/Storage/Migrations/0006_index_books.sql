-- The books of an index tell more: which metadata and which weights a document is written with, and why one cannot be written.

-- Which of the collection's weights are the newest; a document with others is written again.
alter table index_collections add column weights int not null default 0;
alter table index_documents add column weights int not null default 0;
-- Digest of the metadata that its points have; null in rows from before: they are written once more.
alter table index_documents add column metadata uuid;
-- Why the index cannot hold it; it has no points then.
alter table index_documents add column problem text;
-- Whether the collection of that name was made for this row. Rows from before have one.
alter table index_versions add column made boolean not null default true;

-- For a comparison, which goes through a collection by document.
create index documents_by_collection on documents (collection_id, id);
