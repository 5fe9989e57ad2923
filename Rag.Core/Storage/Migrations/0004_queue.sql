-- The queue by collection: whose turn it is, what goes first, and what a person stopped or gave up.

-- 0: somebody waits for it. 1: one of many that were asked for at once; goes when nothing else of its collection is due.
alter table jobs add column priority smallint not null default 0;
-- Where it stood when it last failed; stage is where it stands now.
alter table jobs add column failed_stage text;
alter table jobs drop constraint jobs_state_check;
alter table jobs add constraint jobs_state_check check (state in ('queued', 'running', 'done', 'parked', 'superseded', 'discarded'));

-- By collection first, so that the first of each is found without reading those behind it.
drop index jobs_to_claim;
create index jobs_to_claim on jobs (collection_id, priority, available_at, id) where state = 'queued';
create index jobs_parked on jobs (finished, id) where state = 'parked';
drop index jobs_finished;
create index jobs_finished on jobs (finished) where state in ('done', 'superseded', 'discarded');

-- While a row is here nothing is claimed: of that collection, or of any.
create table queue_pauses (
    -- Null: the whole queue.
    collection_id uuid references collections on delete cascade,
    paused        timestamptz not null default now(),
    unique nulls not distinct (collection_id)
);
