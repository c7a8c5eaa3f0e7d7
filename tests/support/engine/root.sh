#!/bin/sh
# The throwaway engine's root file system: entered, tidied, left.
#   root.sh up ROOT FOLDER...   (in fresh mount and pid namespaces) become the engine
#   root.sh prune               (inside) remove what tests left, keep the base images
#   root.sh down                (chrooted, after the engine ended) give the network back
# The last two go on after a step that fails: the others are still worth doing.

up() {
    set -eu
    root=$1
    shift
    # /proc is still the host's here, so this is the pid by which the host knows us; exec keeps it.
    read -r pid _ </proc/self/stat
    rm -rf "${root:?}"/run/*
    echo "$pid" >"$root/run/engine.pid"

    mount --bind "$root" "$root" # pivot_root wants a mount point
    mount -t proc proc "$root/proc"
    for folder in /sys /dev "$@"; do
        mkdir -p "$root$folder"
        mount --rbind "$folder" "$root$folder"
    done

    # The network of a rootless engine is made of this, by its user, who may open it on most machines.
    if [ -e "$root/dev/net/tun" ] && mknod -m 666 "$root/run/tun" c 10 200; then
        mount --bind "$root/run/tun" "$root/dev/net/tun"
    fi

    mkdir -p "$root/oldroot"
    cd "$root"
    pivot_root . oldroot
    umount -l /oldroot
    # catatonit reaps what containers leave behind and hands SIGTERM on to dockerd.
    exec env -u SSL_CERT_FILE -u SSL_CERT_DIR PATH=/usr/sbin:/usr/bin:/sbin:/bin catatonit -- dockerd
}

prune() {
    PATH=/usr/sbin:/usr/bin:/sbin:/bin # not the podman that would fetch the stand-ins first
    for engine in docker podman; do
        "$engine" ps -q | xargs -r "$engine" kill >/dev/null
        "$engine" ps -aq | xargs -r "$engine" rm -f >/dev/null
        # By name where there is one: an ID would take the base image's other names along.
        "$engine" images --format '{{.Repository}}:{{.Tag}} {{.ID}}' |
            grep -vE '^(docker.io/library/)?python:|^ghcr.io/astral-sh/uv:' |
            awk '{ print ($1 ~ /<none>/) ? $2 : $1 }' | xargs -r "$engine" rmi -f >/dev/null
        "$engine" network prune -f >/dev/null
    done
    docker volume prune -af >/dev/null
    podman volume prune -f >/dev/null
    podman image prune -f >/dev/null
    # The emulator that tests had the kernel use: it goes with its mount, on older kernels by this alone.
    handler=/proc/sys/fs/binfmt_misc/run-anywhere
    [ ! -e "$handler" ] || echo -1 >"$handler"
    # Layers go. Cache mounts stay: they are small and spare the next run its downloads.
    docker builder prune -af --filter type=regular >/dev/null
}

down() {
    for bridge in docker0 podman0; do
        ip link delete "$bridge" 2>/dev/null
    done
    nft delete table inet netavark 2>/dev/null
    if nft list tables | grep -qE '^table ip (filter|nat)$'; then
        iptables-save | grep -ve DOCKER -e docker0 | iptables-restore
    fi
    # Docker makes these tables where the host has none. Without a rule they do nothing.
    for table in filter nat; do
        nft list table ip "$table" | grep -qvE '^table|chain |policy accept;|^\s*}?$' ||
            nft delete table ip "$table"
    done
}

"$@"
