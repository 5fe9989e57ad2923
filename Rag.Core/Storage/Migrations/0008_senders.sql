-- Who sent what waits: a document that comes in the wake of many of the same sender goes behind what others send by itself. So a job's
-- priority has one more value: 0 by itself, or among the first of several; 1 one of several; 2 one of many, for which 1 stood before.

-- A key or a sign-in, zeros where that is not known; null: nobody waits for it. Not a reference: it outlives what it names.
alter table jobs add column sender uuid;
create index jobs_by_sender on jobs (collection_id, sender, created) where state = 'queued' and sender is not null;
