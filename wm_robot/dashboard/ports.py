"""Ports to listen on."""

import errno
import socket
from contextlib import suppress

from wm_robot.core.errors import WmrError

LARGEST = 65535


def family_of(host: str) -> socket.AddressFamily:
    """IPv4 or IPv6, as `host` is written or known; IPv4 where it is neither, and listening fails."""
    with suppress(OSError):
        return socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][0]
    return socket.AF_INET


def free_port(host: str, first: int) -> int:
    """The first port from `first` on that nobody listens on.

    Raises:
        WmrError: there is none, or nobody can listen on this host.
    """
    family, problem = family_of(host), f"ports end at {LARGEST}"
    for port in range(first, LARGEST + 1):
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as those who listen then
            try:
                trial.bind((host, port))
            except OSError as error:
                problem = str(error)
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    break
                continue
            return port
    raise WmrError(f"the view cannot be served at {host}, port {first} or a later one: {problem}")
