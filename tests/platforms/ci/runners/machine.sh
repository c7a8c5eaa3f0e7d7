#!/bin/sh
# The machine: Docker, a git server for /released, and two registries. That of port 5000 asks USERS
# for a password, and is ghcr.io, too, and Forgejo's; that of port 80 holds the base images, and is
# ghcr.io and Docker Hub to the engines inside.
set -eu
address=$(hostname -i)
registry() {
    echo "{version: 0.1, storage: {filesystem: {rootdirectory: /srv/$1}}, http: {addr: '$2'}$3}" >"/$1.yml"
    docker-registry serve "/$1.yml" 2>"/$1.log" &
}
echo "$USERS" >/users
registry public "$address:80" ""
registry private :5000 ", auth: {htpasswd: {realm: tests, path: /users}}"
iptables -t nat -A OUTPUT -p tcp -d 127.0.0.2 --dport 80 -j REDIRECT --to-ports 5000
for name in ghcr.io forge.example.org registry.example.org; do
    echo "127.0.0.2 $name" >>/etc/hosts
done
# From where nothing is pulled: what is needed of them has a stand-in.
for name in registry-1.docker.io k8s-docker.packages.atlassian.com docker-public.packages.atlassian.com; do
    echo "127.0.0.3 $name" >>/etc/hosts
done
git daemon --detach --export-all /released
BRIDGE=10.17.0.1/24 exec engine.sh --tls=false --insecure-registry="$address"
