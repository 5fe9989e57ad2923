-- Documents that are stored and wait for an index outside of the database; few at any time, and looked for again and again.
create index documents_waiting_for_index on documents (id) where status = 'processing' and stage = 'index';
