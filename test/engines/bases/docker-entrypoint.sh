#!/bin/sh
# Stands in for the entrypoint of the official images, and does what matters to an init in front of it: options alone
# are the server's, root becomes the image's user, and nothing stays behind.
set -e
server=@SERVER@ user=@USER@
case $1 in -* | *.conf) set -- "$server" "$@" ;; esac
if [ "$1" = "$server" ] && [ "$(id -u)" = 0 ]; then
  find . ! -user "$user" -exec chown "$user" {} +
  # By its path: Debian's BusyBox looks for its own commands first.
  exec /usr/bin/setpriv --reuid "$user" --regid "$user" --clear-groups "$0" "$@"
fi
[ "$(umask)" = 0022 ] && umask 0077
exec "$@"
