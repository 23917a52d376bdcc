-- Once a database: what Tombstone may see, and the few columns its remedies may write.
GRANT USAGE ON SCHEMA public TO tombstone_reader, tombstone_writer;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO tombstone_reader, tombstone_writer;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO tombstone_reader, tombstone_writer;
GRANT UPDATE (email, external_id, user_metadata, deleted_at) ON customers TO tombstone_writer;
GRANT UPDATE (email, deleted_at) ON members TO tombstone_writer;
-- Only for purge-row:
GRANT DELETE ON customers, members TO tombstone_writer;
