# What the scripts in this folder share: the project's name, its uv, and the container engine.
set -eu
unset FORCE_COLOR CLICOLOR_FORCE # what uv and git print is read here

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

usage() {
    sed -n 's/^# usage/usage/p' "make/${0##*/}" >&2
    exit 2
}

# Beside a Makefile or Dockerfile that the project had before, the template's are app.mk and
# app.Dockerfile.
MAKEFILE=Makefile DOCKERFILE=Dockerfile
if test -e app.mk; then MAKEFILE=app.mk; fi
if test -e app.Dockerfile; then DOCKERFILE=app.Dockerfile; fi

# The name of the command and of its container, as the Makefile has it.
APP=$(sed -n 's/^APP *[:?]*= *//p' "$MAKEFILE")

# uv, or where it is missing uv in the builder image.
UV=uv
command -v uv >/dev/null || UV="sh make/uv"

# A base image: what was named to the command, or what the Dockerfile names.
builder_image() { echo "${UV_IMAGE:-$(sed -n 's/^ARG UV_IMAGE=//p' "$DOCKERFILE")}"; }
runtime_image() { echo "${PYTHON_IMAGE:-$(sed -n 's/^ARG PYTHON_IMAGE=//p' "$DOCKERFILE")}"; }

# Is this environment variable set, and not empty?
given() { env | grep -q "^$1=."; }

# A proxy, in either spelling: some programs read the one alone, some the other.
proxy="HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy"

# linux/amd64,linux/arm64: to Podman that is not an image but a list of images.
several_platforms() { echo "${PLATFORM:-}" | grep -q ,; }

# A service exposes a port. Where it listens is in the environment, or in .env.
is_service() { grep -q '^EXPOSE ' "$DOCKERFILE"; }
from_env_file() { printf '%s\n' "$settings" | sed -n "s/^$1=//p" | tail -n 1; }
listening() {
    settings=$(test ! -f .env || sh make/env --plain 2>/dev/null)
    PORT=${PORT:-$(from_env_file PORT)}
    PORT=${PORT:-8000}
    BIND_HOST=${BIND_HOST:-$(from_env_file BIND_HOST)}
    BIND_HOST=${BIND_HOST:-127.0.0.1}
    STOP_TIMEOUT=$(from_env_file SHUTDOWN_TIMEOUT | sed 's/[^0-9].*//')
    STOP_TIMEOUT=$((${STOP_TIMEOUT:-8} + 2)) # the application's, and time for its shutdown code
}

no_address() {
    echo "BIND_HOST=$BIND_HOST is no address of this machine: 127.0.0.1, or 0.0.0.0 for all of them"
}

# Set ENGINE to the container engine that is named, or to the first that answers, and ROOTLESS to
# yes or no. What answered is kept for the scripts that this one runs.
find_engine() {
    ENGINE_ANSWER=${ENGINE_ANSWER:-$(sh make/engine)} || exit
    ENGINE=${ENGINE_ANSWER% *}
    ROOTLESS=${ENGINE_ANSWER#* }
    export ENGINE ENGINE_ANSWER
}

needs_image() {
    "$ENGINE" image inspect "$1" >/dev/null 2>&1 ||
        die "there is no image $1: make build IMAGE=${1%:*} TAG=${1##*:}"
}

# lacks_start CODE IMAGE: say what an engine lacked that did not start a container, if it is known.
lacks_start() {
    case $1 in 125 | 126 | 127) ;; *) return 1 ;; esac
    if ! "$ENGINE" image inspect "$2" >/dev/null 2>&1; then
        echo "$2 is not on this machine and can't be pulled: $ENGINE pull $2" >&2
        return
    fi
    "$ENGINE" run --rm --init --entrypoint true "$2" 2>&1 |
        grep -qE 'catatonit|container-init|docker-init' || return 1
    case $ENGINE in podman) package=catatonit ;; *) package=tini ;; esac
    echo "$ENGINE can't start a container with --init: install $package" >&2
}
