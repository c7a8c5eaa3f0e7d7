"""What a company has around its machines, all at once.

Its package index asks for a password and has a certificate of the company's own authority. It is
reached directly, but the files that it lists are behind a proxy, which asks for a password, too, and
alone knows their host's name.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.mirror import Mirror, mirrored
from tests.proxy import Proxy, proxied


@dataclass(frozen=True)
class Walls:
    """A company's walls.

    env: what its people have in their shells to get through.
    secrets: what must be kept nowhere.
    """

    mirror: Mirror
    proxy: Proxy
    outside: str
    env: dict[str, str]
    secrets: list[bytes]


@contextmanager
def walls(
    locks: list[Path], fetched: Path, folder: Path, host: str = "127.0.0.1"
) -> Iterator[Walls]:
    """Build walls around what is in the locks, on that address of this machine.

    `fetched` keeps what came from PyPI, `folder` what its people get as files.
    """
    # No test run before this one has left anything of theirs in a cache of uv.
    outside = f"files-{os.urandom(4).hex()}.invalid"
    passwords = [os.urandom(8).hex() for _ in ("index", "proxy")]
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host, outside).configure_cert(tls)
    bundle, netrc = folder / "company authority.pem", folder / "net rc"
    authority.cert_pem.write_to_path(bundle)
    machines = [f"machine {name} login ada password {passwords[0]}\n" for name in (host, outside)]
    netrc.write_text("".join(machines))
    with (
        mirrored(locks, fetched, host, f"ada:{passwords[0]}", tls, f"https://{outside}") as mirror,
        proxied(
            host, f"ada:{passwords[1]}", {f"{outside}:443": (host, mirror.server_port)}
        ) as proxy,
    ):
        env = {
            "NETRC": str(netrc),
            "SSL_CERT_FILE": str(bundle),
            "HTTPS_PROXY": proxy.url,
            "NO_PROXY": host,
        }
        secrets = [*map(str.encode, passwords), bundle.read_bytes().split(b"\n")[1]]
        yield Walls(mirror, proxy, outside, env, secrets)
