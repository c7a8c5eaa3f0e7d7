"""The table: which machines there are. The rows cover the pairs of their columns, not all combinations."""

from dataclasses import dataclass, fields

# The release, and its own Python.
DEBIANS = {"debian12": "bookworm", "debian13": "trixie", "testing": "forky"}
OWN_PYTHON = {"debian12": "3.11", "debian13": "3.13", "testing": "3.14"}

_DOCKER = "docker.io,docker-cli,docker-buildx,iptables"
# What a machine with that engine has beside what the suite itself needs.
ENGINES = {
    "none": "",
    "throwaway": "mount,iproute2,nftables",  # the suite sets one up
    "docker-overlay2": _DOCKER,
    "docker-containerd": _DOCKER,
    "podman": "podman,runc,netavark,aardvark-dns,nftables,iptables,uidmap,passt,slirp4netns",
}


@dataclass(frozen=True)
class Row:
    """A machine, and who types `make check` on it.

    engine: of ENGINES; docker-... is Docker with that image store.
    home: empty, read-only, or with settings of its own for git, Docker and uv.
    """

    debian: str
    python: str
    engine: str
    user: str
    home: str

    @property
    def name(self) -> str:
        """Its columns in one word, as in debian12-3.11-none-ada-empty."""
        return "-".join(getattr(self, column.name) for column in fields(self))


ROWS = [
    Row("debian12", "3.11", "none", "ada", "empty"),
    Row("debian13", "3.13", "none", "ada", "readonly"),
    Row("testing", "3.14", "none", "ada", "settings"),
    Row("debian13", "3.12", "none", "root", "settings"),
    Row("debian12", "3.11", "none", "root", "readonly"),
    Row("debian13", "3.13", "docker-overlay2", "root", "readonly"),
    Row("debian13", "3.12", "docker-overlay2", "ada", "empty"),
    Row("debian13", "3.13", "docker-containerd", "ada", "settings"),
    Row("testing", "3.14", "docker-containerd", "root", "empty"),
    Row("debian13", "3.13", "podman", "root", "settings"),
    Row("debian13", "3.12", "podman", "ada", "empty"),
    Row("debian12", "3.11", "throwaway", "root", "empty"),
]
