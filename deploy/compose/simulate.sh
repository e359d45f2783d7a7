#!/bin/sh
# The simulated street. At its first start a day of the past goes by in under three minutes, so that there is something
# to see; from then on, and after every other start, it runs in real time.
set -eu
umask 077

folder=${SIMULATOR_DIR:-/simulator}
broker=${BROKER:-mosquitto:1883}
hours_back=${HOURS_BACK:-24}
[ ! -e "$folder/started" ] || hours_back=0
: > "$folder/started"

exec python -m simulators simulate street --pace "${PACE:-600}" --hours-back "$hours_back" \
  --to "mqtt://network-server:$(cat "$folder/password")@$broker"
