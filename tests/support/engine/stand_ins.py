"""Base images where their registries are out of reach: same names, made from Debian's packages."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from .shared import BIN, CA_BUNDLE, CACHE, HERE, ROOT, debootstrap
from .shell import EngineError, run, say

# Which Debian has which Python. 3.12 was in no release.
SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky", "3.15": "forky"}
PACKAGES = "ca-certificates,netbase,tzdata,python3-pip-whl,python{python}"
PYTHON_CHANGES = (
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    # Older versions of uv and pip have CA certificates of their own; custom ones are only here.
    "ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt",
    'CMD ["python3"]',
)
UV_DOCKERFILE = """\
FROM {python_image}
COPY uv uvx /usr/local/bin/
ENV UV_TOOL_BIN_DIR=/usr/local/bin
CMD ["/usr/local/bin/uv"]
"""
LABEL = "run-anywhere.stand-in"


def current(image: str) -> bool:
    """Whether the throwaway engine has that image: a real one, or a stand-in of today's recipe."""
    label = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    try:
        found = _docker("image", "inspect", "--format", label, image, doing="looking").strip()
    except EngineError:
        return False
    return found in ("", recipe())


def make(python: str, python_image: str, uv_version: str, uv_image: str) -> bool:
    """Make what is missing of both images; False where Debian lacks that Python."""
    if python not in SUITES:
        return False
    if not current(python_image):
        say(f"making a stand-in for {python_image} (once, about half a minute)")
        _make_python(python, python_image)
    if not current(uv_image):
        say(f"making a stand-in for {uv_image}")
        _make_uv(python_image, uv_version, uv_image)
    return True


def _make_python(python: str, image: str) -> None:
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=CACHE) as folder:
        tar, version = Path(folder, "image.tar"), Path(folder, "version")
        hook = f"sh '{HERE}/stand-in.sh' \"$1\" {python} '{CA_BUNDLE}' '{version}'"
        packages = PACKAGES.format(python=python)
        options = [f"--customize-hook={hook}"]
        debootstrap(SUITES[python], packages, tar, *options, doing=f"making {image}")
        exact = f"ENV PYTHON_VERSION={version.read_text().strip()}"
        changes = [*PYTHON_CHANGES, exact, f"LABEL {LABEL}={recipe()}"]
        options = [f"--change={change}" for change in changes]
        _docker("import", *options, str(tar), image, doing=f"importing {image}")
    _offer_to_podman(image)


def _make_uv(python_image: str, version: str, image: str) -> None:
    with tempfile.TemporaryDirectory(prefix="unfinished-", dir=CACHE) as folder:
        # A venv made by uv has no pip; one made by Python has no uv.
        beside = f"{Path(sys.executable).parent}:{Path(sys.executable).resolve().parent}"
        uv = shutil.which("uv", path=beside) or shutil.which("uv")
        pip = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
        install = ["install", "--quiet", "--no-deps", f"--target={folder}", f"uv=={version}"]
        # uv otherwise looks for a Python of its own; --target is all that matters here.
        env = os.environ | {"UV_PYTHON": sys.executable}
        run(*pip, *install, doing=f"fetching uv {version}", env=env)
        dockerfile = UV_DOCKERFILE.format(python_image=python_image)
        Path(folder, "bin/Dockerfile").write_text(dockerfile)
        _docker("build", "--quiet", f"--tag={image}", f"{folder}/bin", doing=f"making {image}")
    _offer_to_podman(image)


def _offer_to_podman(image: str) -> None:
    name = image.replace("/", "_")
    (ROOT / "var/lib/stand-ins" / name).write_text(f"docker-daemon:{image}")


def recipe() -> str:
    """Return what stand-ins of today's recipe are labelled with."""
    hook = (HERE / "stand-in.sh").read_bytes()
    ca = CA_BUNDLE.read_bytes() if CA_BUNDLE.exists() else b""
    data = repr((SUITES, PACKAGES, PYTHON_CHANGES, UV_DOCKERFILE)).encode()
    return hashlib.sha256(hook + ca + data).hexdigest()[:16]


def _docker(*arguments: str, doing: str) -> str:
    return run(BIN / "docker", *arguments, doing=doing)
