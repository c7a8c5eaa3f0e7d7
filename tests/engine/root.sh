#!/bin/sh
# The throwaway engine's root file system: entered, tidied, left.
#   root.sh up ROOT FOLDER...   (in fresh mount and pid namespaces) become the engine
#   root.sh prune               (inside) remove what tests left, keep the base images
#   root.sh down                (chrooted, after the engine ended) give the network back
set -eu

up() {
    root=$1
    shift
    # /proc is still the host's here, so this is the pid by which the host knows us; exec keeps it.
    read -r pid _ </proc/self/stat
    rm -rf "${root:?}"/run/*

    mount --bind "$root" "$root" # pivot_root wants a mount point
    mount -t proc proc "$root/proc"
    for folder in /sys /dev "$@"; do
        mkdir -p "$root$folder"
        mount --rbind "$folder" "$root$folder"
    done

    mkdir -p "$root/oldroot"
    cd "$root"
    pivot_root . oldroot
    umount -l /oldroot
    echo "$pid" >/run/engine.pid
    # catatonit reaps what containers leave behind and hands SIGTERM on to dockerd.
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+"HTTP_PROXY=$http_proxy"} ${https_proxy:+"HTTPS_PROXY=$https_proxy"} \
        ${no_proxy:+"NO_PROXY=$no_proxy"} \
        catatonit -- dockerd
}

prune() {
    for engine in docker podman; do
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
    # Layers go; cache mounts (uv's downloads) stay: they are small and save every next run its downloads.
    docker builder prune -af --filter type=regular >/dev/null
}

down() {
    for bridge in docker0 podman0; do
        ip link delete "$bridge" 2>/dev/null || true
    done
    nft delete table inet netavark 2>/dev/null || true
    if nft list tables 2>/dev/null | grep -qE '^table ip (filter|nat)$'; then
        iptables-save | grep -ve DOCKER -e docker0 | iptables-restore
    fi
    # dockerd made these tables where the host had none: without a rule they do nothing.
    for table in filter nat; do
        if nft list table ip $table 2>/dev/null |
            grep -vE '^table|^	chain|^		type .* policy accept;$|^	?}$|^$' | grep -q .; then
            continue
        fi
        nft delete table ip $table 2>/dev/null || true
    done
}

"$@"
