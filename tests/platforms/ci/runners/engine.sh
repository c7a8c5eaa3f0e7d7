#!/bin/sh
# Docker in a container, as docker:dind has it.
#   MACHINE  the address of the machine around it, whose registries it knows by their names
#   BRIDGE   its own network
#   SLOW     how many seconds it takes to start
set -eu
read -r mtu </sys/class/net/eth0/mtu
if [ "${MACHINE:-}" ]; then
    echo "$MACHINE ghcr.io registry.example.org" >>/etc/hosts
    set -- --registry-mirror="http://$MACHINE" "$@"
fi
sleep "${SLOW:-0}"
exec dockerd --host=unix:///var/run/docker.sock --host=tcp://0.0.0.0:2375 \
    --mtu="$mtu" --bip="${BRIDGE:-10.18.0.1/24}" --insecure-registry=ghcr.io \
    --insecure-registry=forge.example.org --insecure-registry=registry.example.org:5000 "$@"
