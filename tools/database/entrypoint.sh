#!/bin/sh
# Makes the database where the volume has none, then becomes the server. Arguments go to the server.
set -eu
if [ ! -e "$PGDATA" ]; then
  # A database that is half made gets no name, so it is made again.
  new=$PGDATA.new
  rm -rf "$new"
  initdb --pgdata "$new" --username postgres --encoding UTF8 --locale C.UTF-8 --auth trust
  password=$(printf %s "$POSTGRES_PASSWORD" | sed "s/'/''/g")
  postgres --single -D "$new" postgres <<END
CREATE ROLE "$POSTGRES_USER" LOGIN PASSWORD '$password'
CREATE DATABASE "$POSTGRES_DB" OWNER "$POSTGRES_USER"
END
  mv "$new" "$PGDATA"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories="$PGHOST" \
  -c hba_file=/etc/database/pg_hba.conf -c jit=off -c shared_buffers=64MB \
  -c ssl=on -c ssl_cert_file=/tls/tls.crt -c ssl_key_file=/tls/tls.key "$@"
