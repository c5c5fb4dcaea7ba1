"""Whose pages may talk to a dashboard: its own alone, whatever else the operator's browser has open."""

import socket
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from wm_robot.dashboard.subject import Address


def from_own_page(headers: Mapping[str, str], address: Address) -> bool:
    """Whether a request comes from the page that is served at `address`, or from no browser at all."""
    host, origin = headers.get("Host") or "", headers.get("Origin")
    own = origin is None or urlsplit(origin).netloc == host
    return own and names_this_machine(host, address)


def names_this_machine(host: str, address: Address) -> bool:
    """Whether a Host header is one by which this machine is known.

    A site can have its own name point at this machine for a moment (DNS rebinding); its pages then pass for
    ours, but the name is theirs. With TLS the certificate says so already.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    own = socket.gethostname().lower()
    if address.encrypted or name in ("localhost", address.host.lower(), own, f"{own.split('.')[0]}.local"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
