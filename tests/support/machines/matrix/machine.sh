#!/bin/sh
# machine.sh COMMAND...: a row's machine; in fresh mount and PID namespaces, of which it is the first process.
# It reads ROOT (the folder that becomes /), ROW_USER, ENGINE, SHOWN (folders that are seen read-only),
# and FIXED (one that nobody may write to), starts the engine, and runs the command as that user.
set -eu

mount --bind "$ROOT" "$ROOT" # pivot_root wants a mount point
mount -t proc proc "$ROOT/proc"
mount -t sysfs sysfs "$ROOT/sys"
mount --rbind /sys/fs/cgroup "$ROOT/sys/fs/cgroup"
mount --rbind /dev "$ROOT/dev"
for folder in $SHOWN; do
    chmod a+x "$ROOT/root" # below which it may be
    mkdir -p "$ROOT$folder"
    mount --bind "$folder" "$ROOT$folder"
    mount -o remount,bind,ro "$ROOT$folder"
done
if [ "$FIXED" ]; then
    mount --bind "$ROOT$FIXED" "$ROOT$FIXED"
    mount -o remount,bind,ro "$ROOT$FIXED"
fi
# The network of an engine without root is made of this, by its user, who may open it on most machines.
if [ -e /dev/net/tun ] && mknod -m 666 "$ROOT/run/tun" c 10 200; then
    mount --bind "$ROOT/run/tun" "$ROOT/dev/net/tun"
fi

cd "$ROOT"
mkdir -p oldroot
pivot_root . oldroot
umount -l /oldroot
rmdir /oldroot

as_user() {
    setpriv --reuid="$ROW_USER" --regid="$ROW_USER" --init-groups env -i "$@"
}

docker=
case $ENGINE in
docker-*)
    dockerd >/var/log/dockerd.log 2>&1 &
    docker=$!
    until docker info >/dev/null 2>&1; do
        kill -0 "$docker" || {
            cat /var/log/dockerd.log
            exit 1
        }
        sleep 0.2
    done
    [ ! -e /images.tar ] || docker load --quiet --input=/images.tar
    ;;
podman)
    home=$(getent passwd "$ROW_USER" | cut -d: -f6)
    # shellcheck disable=SC2016
    [ ! -e /images.tar ] || as_user HOME="$home" PATH="/usr/local/bin:$PATH" sh -euc '
        podman load --quiet --input=/images.tar
        # Docker leaves its own registry out of the names, and Podman then puts another in.
        podman images --format "{{.Repository}}:{{.Tag}}" | sed -n s,^localhost/,,p | while read -r image; do
            podman tag "localhost/$image" "docker.io/library/$image"
            podman untag "localhost/$image" "localhost/$image"
        done'
    ;;
esac
rm -f /images.tar

# Not exec: what loses its parent has to be waited for.
status=0
as_user "$@" || status=$?
# So that it removes the cgroups of what runs in it.
[ ! "$docker" ] || { kill "$docker" && wait "$docker" || :; }
exit "$status"
