"""A corporate network: a mirror with a password, custom CA certificates and a proxy, all at once.

The mirror of the package index asks for a password, and a custom CA has signed its certificate. It
is reached directly, but the files that it lists are behind the proxy, which asks for a password,
too, and alone resolves their host's name.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.support.network.mirror import Mirror, mirrored
from tests.support.network.proxy import Proxy, proxied


@dataclass(frozen=True)
class CorporateNetwork:
    """A corporate network.

    env: the variables that its users have in their shells.
    secrets: what must be kept nowhere.
    """

    mirror: Mirror
    proxy: Proxy
    outside: str
    env: dict[str, str]
    secrets: list[bytes]


@contextmanager
def corporate_network(
    locks: list[Path], fetched: Path, folder: Path, host: str = "127.0.0.1"
) -> Iterator[CorporateNetwork]:
    """Serve what is in the locks behind all of this, on that address of this machine.

    `fetched` keeps what came from PyPI, `folder` holds the files that its users get.
    """
    # No test run before this one has left anything of theirs in a cache of uv.
    outside = f"files-{os.urandom(4).hex()}.invalid"
    passwords = [os.urandom(8).hex() for _ in ("index", "proxy")]
    ca = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(host, outside).configure_cert(tls)
    bundle, netrc = folder / "company ca.pem", folder / "net rc"
    ca.cert_pem.write_to_path(bundle)
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
        yield CorporateNetwork(mirror, proxy, outside, env, secrets)
