#!/bin/sh
# Stands in for the entrypoint of the official image: a new cluster in PGDATA, root becomes postgres, and the server
# takes this process' place.
set -e
PGDATA=/var/lib/postgresql/data
bin=$(echo /usr/lib/postgresql/*/bin)
export PATH="$bin:$PATH"
if [ "$(id -u)" = 0 ]; then
  chown postgres "$PGDATA"
  exec setpriv --reuid postgres --regid postgres --clear-groups "$0" "$@"
fi
mkdir -m 700 "$PGDATA/cluster"
initdb -D "$PGDATA/cluster" --auth trust -U postgres >/dev/null
exec "$@" -D "$PGDATA/cluster" -k /tmp -h '*'
