"""Where a dashboard's page is served, as options of the subcommands that have one."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from wm_robot.core.errors import WmrError
from wm_robot.dashboard.subject import Address

LARGEST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class PageOptions:
    """Of the page.

    Args:
        host: address to serve it at; any other than 127.0.0.1 can be reached from outside.
        port: of the page; its view takes the next one that is free.
        tls_cert: PEM file of a certificate, for other hosts.
        tls_key: PEM file of its key.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        if not 0 < self.port < LARGEST_PORT:
            raise WmrError(f"port {self.port} cannot be served; valid: 1 to {LARGEST_PORT - 1}")
        if (self.tls_cert is None) != (self.tls_key is None):
            raise WmrError("TLS needs both a certificate and its key")

    def address(self) -> Address:
        """With a token made now."""
        return Address(
            host=self.host,
            port=self.port,
            certificate=self.tls_cert,
            key=self.tls_key,
        )


def announce(address: Address) -> None:
    """Tell where the page is, and what is unsafe about it."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print(f"dashboard: {address.url}")
    console.print("viewing needs no token, commanding the one in this address; Ctrl-C ends")
    if address.warning:
        console.print(f"[bold red]WARNING: {address.warning}[/]")
