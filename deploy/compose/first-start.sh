#!/bin/sh
# Makes what the other services read. Runs at every start; what is there already stays as it is.
#
#   broker            Mosquitto's folder: configuration, accounts, certificates
#   config            the gateway's citygate.toml, devices, pilots, and its password for the broker
#   simulator         the network server's password, for the simulator
#   grafana-secrets   the first password of Grafana's admin
set -eu
umask 077

broker=${BROKER_DIR:-/broker}
config=${CONFIG_DIR:-/etc/citygate}
simulator=${SIMULATOR_DIR:-/simulator}
grafana=${GRAFANA_DIR:-/grafana-secrets}
template=${TEMPLATE:-/setup/citygate.toml}
host=${BROKER_HOST:-localhost}

# The accounts of the images: eclipse-mosquitto, this one (see Dockerfile), grafana/grafana.
mosquitto_uid=1883
citygate_uid=10001
grafana_uid=472

own() { # who, what …: only root can give away; a trial as somebody else keeps it all
  [ "$(id -u)" -ne 0 ] || chown "$@"
}

# --listen: the simulator speaks without TLS, inside the network of this compose file only; no port is published for it.
citygate broker setup "$broker" --host "$host" --host mosquitto --listen "${BROKER_LISTEN:-0.0.0.0}" --owner "$mosquitto_uid" \
  --port "${BROKER_PORT:-1883}" --tls-port "${BROKER_TLS_PORT:-8883}"

mkdir -p "$config/secrets"
chmod 700 "$config/secrets"
[ -e "$config/citygate.toml" ] || cp "$template" "$config/citygate.toml"
[ -d "$config/pilots" ] || python -m simulators simulate street --write-assets "$config"
cp "$broker/tls/ca.crt" "$config/broker-ca.crt"
cp "$broker/secrets/gateway-password" "$config/secrets/broker-password"
chmod a+rx "$config"
chmod -R a+rX "$config/citygate.toml" "$config/broker-ca.crt" "$config/pilots" "$config/devices"
own "$citygate_uid" "$config/secrets" "$config/secrets/broker-password"

mkdir -p "$simulator"
chmod 700 "$simulator"
cp "$broker/secrets/network-server-password" "$simulator/password"
own "$citygate_uid" "$simulator" "$simulator/password"

mkdir -p "$grafana"
chmod 700 "$grafana"
[ -e "$grafana/admin-password" ] ||
  python -c 'import secrets; print(secrets.token_urlsafe(18))' > "$grafana/admin-password"
own "$grafana_uid" "$grafana" "$grafana/admin-password"

echo "Ready. Grafana: http://127.0.0.1:3000, user admin; its first password:"
echo "    docker compose -f deploy/compose/compose.yaml exec grafana cat /etc/grafana/secrets/admin-password"
