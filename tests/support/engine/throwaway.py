"""The throwaway engine: its root file system in the cache, its start, its end."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .shared import (
    BIN,
    BY_HAND,
    CA_BUNDLE,
    CACHE,
    HERE,
    INSIDE_PATH,
    MACHINE,
    MMDEBSTRAP,
    PID_FILE,
    ROOT,
    RUNNING,
    SUITE,
    debootstrap,
    pid,
    pid_of,
    remove,
    unfinished,
)
from .shell import INSTEAD, EngineError, run, say, succeeds

FORWARD_BEFORE = MACHINE / "ip_forward"
FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
LOG = CACHE / "engine.log"
PACKAGES = (
    "ca-certificates,mount,iproute2,iptables,nftables,"
    "docker.io,docker-cli,docker-buildx,docker-compose,docker-registry,"
    "podman,buildah,skopeo,catatonit,runc,netavark,aardvark-dns,"
    # A user who is not root, too: with engines of their own, and what types a project's commands.
    "rootlesskit,slirp4netns,passt,uidmap,git,make"
)
USER = 4321
ADD_USER = f'--customize-hook=chroot "$1" useradd --uid {USER} --no-create-home rootless'
RECIPE = hashlib.sha256(repr((SUITE, PACKAGES, MMDEBSTRAP, ADD_USER)).encode()).hexdigest()

ROOT_SCRIPT = "/etc/root.sh"
# The host's other top-level folders are visible inside under their own names, for `-v` and builds.
SYSTEM = "bin boot dev etc lib lib32 lib64 libx32 lost+found proc run sbin sys usr var oldroot"
WRAPPED = ("docker", "docker-registry", "podman", "buildah", "skopeo")
WRAPPER = """\
#!/bin/sh
# Runs {tool} inside the throwaway engine, in the same folder. TERM: it ends when this script does.
exec nsenter --target "$(cat {pid_file})" --mount --pid \\
    env --chdir="$PWD" -u DOCKER_CONTEXT DOCKER_HOST=unix:///run/docker.sock \\
    PODMAN_IGNORE_CGROUPSV1_WARNING=1 {path} \\
    setpriv --pdeathsig TERM {tool} "$@"
"""
# Stand-ins are made in Docker; Podman gets them when it is first used. Its builds look at every image
# there is, and fail where one of them goes meanwhile: what removes images waits for them.
PODMAN = """\
#!/bin/sh
exec 9>/run/stand-ins.lock
flock 9
for image in /var/lib/stand-ins/*; do
    [ ! -e "$image" ] || /usr/bin/podman pull -q "$(cat "$image")" >/dev/null && rm -f "$image"
done
exec 9>&- 8>/run/builds.lock
case " $* " in
*' build '*) flock --shared 8 ;;
*' image rm '* | *' rmi '*) flock 8 ;;
*) exec 8>&- ;;
esac
exec /usr/bin/podman "$@"
"""
# crun refuses cgroup v1; the journal and systemd are not there; limits can't be raised everywhere.
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
"""


def possible() -> bool:
    """Whether this machine is one where it may be brought up: Debian's tools and root."""
    return os.geteuid() == 0 and Path("/etc/debian_version").exists() and bool(shutil.which("apt"))


def start() -> None:
    """Bring the engine up, building its root file system when there is none of this recipe."""
    if pid_of(RUNNING / "root"):
        raise EngineError("another test run has just started the engine; type the command again")
    unshare = ("unshare", "--mount", "--pid", "--fork")
    run(*unshare, "true", doing="making namespaces, which a container engine needs,")
    for stale in CACHE.glob("unfinished-*"):
        remove(stale)
    recipe = ROOT / "etc/recipe"
    if not (recipe.exists() and recipe.read_text() == RECIPE):
        if ROOT.exists():
            remove(ROOT)
        say("making the root file system (once, about a minute)")
        with unfinished(ROOT) as root:
            doing = "making the engine's root file system"
            debootstrap(SUITE, PACKAGES, root, ADD_USER, doing=doing)
            (root / "etc/recipe").write_text(RECIPE)
    _configure()
    RUNNING.unlink(missing_ok=True)
    RUNNING.symlink_to(CACHE)
    if not FORWARD_BEFORE.exists():
        FORWARD_BEFORE.write_text(FORWARD.read_text())
    # Where Docker itself turns this on, it also drops what other bridges forward: Podman's.
    FORWARD.write_text("1")
    folders = [f for f in sorted(Path("/").iterdir()) if f.is_dir() and not f.is_symlink()]
    folders = [f for f in folders if f.name not in SYSTEM.split()]
    folders.append(Path(tempfile.gettempdir()))  # which TMPDIR may have put below /var
    say("starting")
    PID_FILE.unlink(missing_ok=True)
    up = ["setsid", "--fork", *unshare, "sh", str(HERE / "root.sh"), "up", str(ROOT)]
    with LOG.open("w") as log:
        command = [*up, *map(str, folders)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    for _ in range(300):
        if (ROOT / "run/docker.sock").exists() and succeeds(BIN / "docker", "info", timeout=20):
            return
        if PID_FILE.exists() and not Path("/proc", PID_FILE.read_text().strip()).exists():
            break
        time.sleep(0.1)
    stop()
    last = (LOG.read_text().strip() or "no message").splitlines()[-1]
    raise EngineError(f"the throwaway engine does not start: {last} (all of it: {LOG}); {INSTEAD}")


def _configure() -> None:
    mtu = _mtu()
    network = {"bridge": {"com.docker.network.driver.mtu": str(mtu)}}
    daemon = {
        "mtu": mtu,
        "default-network-opts": network,
        "shutdown-timeout": 5,
        # What `prune` keeps, uv's downloads, would otherwise grow.
        "builder": {"gc": {"enabled": True, "defaultKeepStorage": "5GB"}},
    }
    files = {
        "etc/docker/daemon.json": json.dumps(daemon, indent=2),
        "etc/containers/containers.conf": CONTAINERS_CONF,
        "etc/resolv.conf": resolv_conf(),
        "etc/hosts": Path("/etc/hosts").read_text(),
        "usr/local/bin/podman": PODMAN,
        "etc/root.sh": (HERE / "root.sh").read_text(),
    }
    if CA_BUNDLE.exists():
        files["etc/ssl/certs/ca-certificates.crt"] = CA_BUNDLE.read_text()
    wrapper = {"pid_file": PID_FILE, "path": INSIDE_PATH}
    wrappers = {BIN / tool: WRAPPER.format(tool=tool, **wrapper) for tool in WRAPPED}
    (ROOT / "var/lib/stand-ins").mkdir(exist_ok=True)
    for path, text in ({ROOT / name: text for name, text in files.items()} | wrappers).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a link, such as resolv.conf can be, would lead out of ROOT
        path.write_text(text)
        path.chmod(0o755 if text.startswith("#!") else 0o644)


def resolv_conf() -> str:
    """Return the name servers of this machine, as they are reached from another network namespace."""
    resolv = Path("/etc/resolv.conf")
    if "127.0.0.53" in resolv.read_text():  # systemd-resolved's own; no container reaches it
        resolv = Path("/run/systemd/resolve/resolv.conf")
    return resolv.read_text()


def _mtu() -> int:
    for route in Path("/proc/net/route").read_text().splitlines()[1:]:
        device, destination = route.split()[:2]
        if destination == "00000000":
            return min(1500, int(Path(f"/sys/class/net/{device}/mtu").read_text()))
    return 1500


def stop() -> None:
    """Prune what tests left, end the engine, give the network back; nothing where none runs."""
    BY_HAND.unlink(missing_ok=True)
    running = pid()
    if running:
        say("stopping")
        prune = ["env", INSIDE_PATH, "sh", str(ROOT_SCRIPT), "prune"]
        succeeds("nsenter", f"--target={running}", "--mount", "--pid", *prune)
        os.kill(running, signal.SIGTERM)
        for _ in range(200):
            if not pid():
                break
            time.sleep(0.1)
        else:
            # It is the first of its pid namespace: the kernel ends everything in there with it.
            os.kill(running, signal.SIGKILL)
            time.sleep(1)
    if FORWARD_BEFORE.exists():
        FORWARD.write_text(FORWARD_BEFORE.read_text())
        FORWARD_BEFORE.unlink()
        succeeds("chroot", ROOT, "env", INSIDE_PATH, "sh", ROOT_SCRIPT, "down")
    for group in ("docker", "libpod_parent"):
        for folder in Path("/sys/fs/cgroup").glob(f"**/{group}"):
            shutil.rmtree(folder, ignore_errors=True)
