-- Whether a version of the index may be replaced by a new one of the same kind: one that is still being filled for the first time would only
-- be built twice, unless it is the one that something is wrong with.

-- Everything that there was has been in it once.
alter table index_versions add column filled boolean not null default false;
-- Something could not be written in it when it was last tried.
alter table index_versions add column failing boolean not null default false;

-- One that was built beside another was filled before it was searched.
update index_versions v set filled = true
where v.state = 'active' and (v.activated > v.created or not exists (
    select from collection_sequences s left join index_collections i on i.version_id = v.id and i.collection_id = s.collection_id
    where i.collection_id is null or not i.loaded));
