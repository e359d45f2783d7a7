#!/bin/sh
# Prepares InfluxDB once it answers: organisation, bucket, the name that InfluxQL calls it by, one token for the gateway
# that may use this bucket only, and one for Grafana that may only read it. What is there already stays.
set -eu
umask 077

config=${CONFIG_DIR:-/etc/citygate}
grafana=${GRAFANA_DIR:-/grafana-secrets}
here=$(dirname "$0")
retention_days=${RETENTION_DAYS:-365}
wait_s=${WAIT_S:-120}

own() {
  [ "$(id -u)" -ne 0 ] || chown "$1" "$2"
}

waited_s=0
until citygate influx setup --config "$config" --retention-days "$retention_days"; do
  waited_s=$((waited_s + 3))
  [ "$waited_s" -lt "$wait_s" ] || exit 1
  echo "InfluxDB is not ready yet; again in 3 s"
  sleep 3
done

if [ ! -s "$grafana/citygate-reader-token" ]; then
  python "$here/reader_token.py" --config "$config" > "$grafana/citygate-reader-token.new"
  mv "$grafana/citygate-reader-token.new" "$grafana/citygate-reader-token"
fi
own 10001 "$config/secrets/influxdb-token"
own 472 "$grafana/citygate-reader-token"
