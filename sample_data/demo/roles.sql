-- Once a server. psql -v reader_password=… -v writer_password=… -f roles.sql
CREATE ROLE tombstone_reader LOGIN PASSWORD :'reader_password';
CREATE ROLE tombstone_writer LOGIN PASSWORD :'writer_password';
