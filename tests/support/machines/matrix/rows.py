"""The table: which machines there are. The rows cover the pairs of their columns, not every combination."""

from dataclasses import astuple, dataclass

# The release, and its own Python; 3.12 is in none.
DEBIANS = {
    "debian12": ("bookworm", "3.11"),
    "debian13": ("trixie", "3.13"),
    "testing": ("forky", "3.14"),
}
# What the suite needs of a machine: git, make, and a Python with venv, which fetches uv.
PACKAGES = "ca-certificates,git,iproute2,make,procps,python3,python3-venv"
_DOCKER = "docker.io,docker-cli,docker-buildx,docker-registry,iptables,slirp4netns"
# What a machine with that engine has besides; slirp4netns is for network.py.
ENGINES = {
    "none": "",
    "throwaway": "mount,nftables,slirp4netns",  # the suite sets one up
    "docker-overlay2": _DOCKER,
    "docker-containerd": _DOCKER,
    "podman": "podman,docker-registry,runc,catatonit,netavark,aardvark-dns,nftables,iptables,uidmap,passt,slirp4netns",
}


@dataclass(frozen=True)
class Row:
    """A machine, and who types `make check` on it.

    engine: of ENGINES; docker-... is Docker with that image store.
    home: empty, readonly, or with settings of its own for git, Docker and uv.
    """

    debian: str
    python: str
    engine: str
    user: str
    home: str

    @property
    def name(self) -> str:
        """Its columns in one word, as in debian12-3.11-none-ada-empty."""
        return "-".join(astuple(self))

    @property
    def home_folder(self) -> str:
        """The home folder of its user."""
        return "/root" if self.user == "root" else f"/home/{self.user}"

    @property
    def uv_cache(self) -> str:
        """Where it has uv's cache: in the home folder, if that may be written to."""
        return "/var/cache/uv" if self.home == "readonly" else f"{self.home_folder}/.cache/uv"

    @property
    def python_is_its_own(self) -> bool:
        """Whether that Python is its Debian's."""
        return self.python == DEBIANS[self.debian][1]


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
