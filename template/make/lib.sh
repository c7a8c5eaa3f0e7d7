# What the scripts in this folder share: the project's names, its uv, and the container engine.
set -eu

die() {
    echo "$*" >&2
    exit 1
}

usage() {
    sed -n 's/^# usage/usage/p' "make/${0##*/}" >&2
    exit 2
}

# The name of the command and the container, as it stands in the Makefile.
APP=$(sed -n 's/^APP *[:?]*= *//p' Makefile)

# uv, or where it is missing uv in the builder image.
UV=uv
command -v uv >/dev/null || UV="sh make/uv"

# A base image: what was named to the command, or what stands in the Dockerfile.
builder_image() { echo "${UV_IMAGE:-$(sed -n 's/^ARG UV_IMAGE=//p' Dockerfile)}"; }
runtime_image() { echo "${PYTHON_IMAGE:-$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)}"; }

# Is this environment variable set, and not empty?
given() { env | grep -q "^$1=."; }

# One image for several platforms is to Podman a list of images.
several_platforms() { case ${PLATFORM:-} in *,*) ;; *) return 1 ;; esac }

# A proxy, in either spelling: some programs read the one alone, some the other.
proxy="HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy"

# A service exposes a port. Where it listens is in the environment, or in .env.
is_service() { grep -q '^EXPOSE ' Dockerfile; }
from_env_file() { sed -n "s/^$1=//p" .env 2>/dev/null || :; }
listening() {
    : "${PORT:=$(from_env_file PORT)}" "${BIND_HOST:=$(from_env_file BIND_HOST)}"
    : "${PORT:=8000}" "${BIND_HOST:=127.0.0.1}"
}

# Set ENGINE to the engine that was named, or to the first that answers; the command docker may be
# Podman's.
find_engine() {
    for engine in ${ENGINE:-docker podman}; do
        "$engine" --version 2>/dev/null | grep -qi "^$engine" || continue
        "$engine" info >/dev/null 2>&1 || continue
        ENGINE=$engine
        export ENGINE
        return
    done
    for engine in ${ENGINE:-docker podman}; do
        ! command -v "$engine" >/dev/null ||
            die "$engine is installed but does not answer: start it"
    done
    test "$UV" = uv || die "neither uv nor a container engine is on this machine:" \
        "install uv or Docker or Podman"
    die "no container engine is on this machine: install Docker or Podman"
}

needs_image() {
    "$ENGINE" image inspect "$1" >/dev/null 2>&1 || die "there is no image $1: make build"
}

# Say so, where a container of this image did not start because the engine lacks its init.
lacks_init() {
    case $1 in 12[5-7]) ;; *) return 1 ;; esac
    "$ENGINE" run --rm --init --entrypoint true "$2" 2>&1 |
        grep -qE 'catatonit|container-init|docker-init' || return 1
    case $ENGINE in podman) package=catatonit ;; *) package=tini ;; esac
    echo "$ENGINE lacks the init of its containers: install $package" >&2
}
