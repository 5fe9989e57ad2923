-- Who a store of originals belongs to. What a database does not know it removes from the store, so two of them on one folder or bucket would
-- each remove the other's. A restore brings the one of the archive: it is the same installation in another place.
create table installation (
    id       uuid primary key default gen_random_uuid(),
    only_one boolean not null default true unique check (only_one)
);

insert into installation default values;
