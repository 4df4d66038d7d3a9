#!/bin/sh
# Stands in for the entrypoint of the official image: everything that the broker writes is in /var/lib/rabbitmq.
set -e
exec "/usr/lib/rabbitmq/bin/$1"
