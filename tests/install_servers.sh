#!/usr/bin/env bash
# Installs the servers that tests start, the browser they drive, the programs that check what we write (promtool,
# docker-compose, systemd, strace), and Node.js where there is none: from Debian's packages, when run as root on Debian.
# Never starts a server: tests start their own, on free loopback ports.
set -euo pipefail

packages=(mosquitto mosquitto-clients influxdb victoria-metrics openssl docker-compose systemd strace curl chromium prometheus)
command -v node >/dev/null && command -v npm >/dev/null || packages+=(nodejs npm)
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  echo "Not installed: ${missing[*]}. Tests that need them will say so by name (as root on Debian they are installed)."
  exit 0
fi

echo "Installing for the tests, with apt-get: ${missing[*]}. Their services are not started."
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy" # Debian's way to say: install, but do not start
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
if command -v systemctl >/dev/null && [ -d /run/systemd/system ]; then
  for service in mosquitto influxdb victoria-metrics prometheus; do
    systemctl disable -q "$service" 2>/dev/null || true # nor at the next boot
  done
fi
