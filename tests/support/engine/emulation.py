"""Another processor: an emulator of Arm for the throwaway engine, and base images for it and for ours.

No program for Arm runs while they are made: Debian's packages are unpacked and not set up. What the
emulator would take minutes for, the bytecode of the standard library, is there and made by our own
Python. What a small application does not need is left out.
"""

import hashlib
import platform
import shutil
import sys
import tempfile
from pathlib import Path

from .shared import BIN, CA_BUNDLE, CACHE, PID_FILE, ROOT, SUITE, debootstrap, locked, unfinished
from .shell import run, say, succeeds
from .stand_ins import SUITES

EMULATOR = "usr/local/bin/qemu-aarch64"
# F: the kernel keeps the emulator open, so that containers need none. The magic is an ELF header's.
HANDLER = (
    r":run-anywhere:M::\x7f\x45\x4c\x46\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
    r":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff"
    f":/{EMULATOR}:F"
)
# The engine's own mount: where a kernel has one for each mount, it is gone when the engine ends.
REGISTER = """
cd /proc/sys/fs/binfmt_misc
[ -e register ] || { mount -t binfmt_misc binfmt_misc . && cd /proc/sys/fs/binfmt_misc; } || exit
cat * 2>/dev/null | grep -q '^magic 7f454c460201010000000000000000000200b7' || printf %s "$1" >register
"""
ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}
PACKAGES = "base-files,coreutils,dash,findutils,grep,python{python}"
LEFT_OUT = """
/usr/share/* /var/* /usr/lib/*/gconv/* /usr/bin/*perl* {0}/encodings/[d-tv-z]* {0}/encodings/cp[1-9]?*
{0}/_pyrepl/* {0}/asyncio/* {0}/curses/* {0}/dbm/* {0}/html/* {0}/http/* {0}/idlelib/*
{0}/pydoc_data/* {0}/sqlite3/* {0}/test/* {0}/unittest/* {0}/venv/* {0}/wsgiref/* {0}/xml/* {0}/xmlrpc/*
""".format("/usr/lib/python3*")
DOCKERFILE = """\
FROM scratch
ARG TARGETARCH
COPY $TARGETARCH /
ENV LANG=C.UTF-8 SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
"""


def emulate() -> bool:
    """Have the kernel run programs for Arm while the engine does; False where it can't."""
    if platform.machine() != "x86_64":
        return False
    with locked():
        if not (ROOT / EMULATOR).exists():
            say("fetching an emulator of Arm")
            with tempfile.TemporaryDirectory(prefix="unfinished-", dir=CACHE) as folder:
                options = ("--variant=extract",)
                debootstrap(SUITE, "qemu-user", Path(folder), *options, doing="fetching QEMU")
                shutil.copy2(f"{folder}/usr/bin/qemu-aarch64", ROOT / EMULATOR)
        enter = ("nsenter", f"--target={PID_FILE.read_text().strip()}", "--mount")
        return succeeds(*enter, "sh", "-c", REGISTER, "sh", HANDLER)


def base_for_both(python: str, uv_version: str) -> Path:
    """Return a folder to build from: the base image for either platform, with Python and uv."""
    recipe = repr((SUITES[python], python, uv_version, PACKAGES, LEFT_OUT, DOCKERFILE))
    target = CACHE / f"platforms-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    with locked():
        if not target.exists():
            say("making a base image for two platforms (once, about a minute)")
            with unfinished(target) as folder:
                for architecture, machine in ARCHITECTURES.items():
                    _make(folder / architecture, architecture, machine, python, uv_version)
                (folder / "Dockerfile").write_text(DOCKERFILE)
    return target


def _make(root: Path, architecture: str, machine: str, python: str, uv_version: str) -> None:
    doing = f"making a base image for {architecture}"
    exclude = [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT.split()]
    options = ("--variant=extract", f"--architectures={architecture}", *exclude)
    debootstrap(SUITES[python], PACKAGES.format(python=python), root, *options, doing=doing)
    (root / "usr/bin/python").symlink_to(f"python{python}")
    certificates = root / "etc/ssl/certs/ca-certificates.crt"
    certificates.parent.mkdir(parents=True)
    if CA_BUNDLE.exists():
        certificates.write_text(CA_BUNDLE.read_text())
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    install = [f"--python-platform={machine}-unknown-linux-gnu", f"--target={root}.uv"]
    run(*uv, *install, f"uv=={uv_version}", doing=doing)
    shutil.move(f"{root}.uv/bin/uv", root / "usr/bin/uv")
    shutil.rmtree(f"{root}.uv")
    library = f"/usr/lib/python{python}"
    container = ["run", "--rm", f"--volume={root}{library}:/{architecture}"]
    compile_ = f"python -m compileall -q -s /{architecture} -p {library} /{architecture}"
    image = f"python:{python}-slim-trixie"
    run(BIN / "docker", *container, image, *compile_.split(), doing=doing)
