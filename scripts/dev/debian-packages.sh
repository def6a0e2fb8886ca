#!/bin/sh
# Installs Debian packages as root and leaves the machine's own services alone: no PostgreSQL cluster is created, nothing
# is started now, and a Redis that was not there before does not start at the next boot either.
# Usage: debian-packages.sh PACKAGE...
set -eu

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d
had_redis=$(command -v redis-server || true)
made=""

restore() {
    rm -f "$clusters/pinfold.conf" "$policy"
    if [ -e "$policy.before-pinfold" ]; then mv "$policy.before-pinfold" "$policy"; fi
    for directory in $made; do rmdir "$directory" 2>/dev/null || true; done
}
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for directory in "$clusters" /etc/postgresql-common; do
    [ -d "$directory" ] || made="$made $directory"
done
mkdir -p "$clusters"
echo "create_main_cluster = false" > "$clusters/pinfold.conf"
# A run that was killed left its own policy in place and the original beside it.
if [ -e "$policy" ] && [ ! -e "$policy.before-pinfold" ]; then mv "$policy" "$policy.before-pinfold"; fi
printf '#!/bin/sh\nexit 101\n' > "$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "$@"

if [ -z "$had_redis" ] && command -v systemctl >/dev/null && command -v redis-server >/dev/null; then
    systemctl disable --quiet redis-server.service || true
fi
