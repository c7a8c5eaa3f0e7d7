#!/bin/sh
# Inside the machine: offer the base images to the engines in it, and name the stand-ins.
# usage: stand-ins.sh UV_IMAGE PYTHON_IMAGE NODE_TARGET ENGINE_TARGET
set -eu
address=$(hostname -i)
for image in "${1#ghcr.io/}" "${2#docker.io/}"; do
    from=$image
    case $1 in *"$image") from=$1 ;; esac
    docker tag "$from" "$address/$image"
    docker push --quiet "$address/$image"
    docker image rm "$address/$image" >/dev/null
done
for image in node:24-trixie alpine alpine/git firecow/gitlab-ci-local-util sumina46/wait-for-it \
    k8s-docker.packages.atlassian.com/pause:3.8; do
    docker tag "$3" "$image"
done
bitbucket=docker-public.packages.atlassian.com/sox/atlassian/bitbucket-pipelines-docker-daemon
printf 'FROM %s\nENV MACHINE=%s SLOW=%s\n' "$4" "$address" "${SLOW:-0}" |
    docker build --quiet --tag docker:29-dind --tag "$bitbucket:v25.0.5-unrestricted-tlsfalse-prod-stable" -
