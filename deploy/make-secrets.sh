#!/bin/sh
# Makes the secrets of an installation, once, in deploy/secrets: random, one per file, read by the compose files.
# An existing installation is left alone: whoever loses master_key loses every tenant's keys. Keep a copy of it.
set -eu
cd "$(dirname "$0")"

[ ! -e secrets ] || { echo "deploy/secrets is there already; nothing is changed."; exit 0; }
# The directory is closed to everybody else; the files are open, because each container reads its own as another user.
umask 022
mkdir -m 0700 secrets.new
put() { printf '%s\n' "$2" > "secrets.new/$1"; }
random() { openssl rand -hex 24; }

superuser=$(random) owner=$(random) service=$(random) redis=$(random)
put postgres_superuser_password "$superuser"
put postgres_owner_password "$owner"
put postgres_service_password "$service"
put postgres_owner_url "postgres://pinfold_owner:$owner@postgres:5432/pinfold"
put postgres_url "postgres://pinfold_service:$service@postgres:5432/pinfold"
put redis_password "$redis"
put redis_url "redis://default:$redis@redis:6379/0"
put master_key "$(openssl rand -base64 32)"
put internal_secret "$(openssl rand -hex 32)"
put metrics_token "$(openssl rand -hex 24)"
mv secrets.new secrets
echo "Made deploy/secrets. Keep a copy of master_key in a safe place."
