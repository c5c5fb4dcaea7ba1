"""TLS for viser, which has none: a relay that takes it off before viser's own port."""

import asyncio
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from wm_robot.dashboard.ports import free_port

BLOCK = 1 << 16


class TlsRelay:
    """Listens with TLS and hands every connection on to a port of this machine, from a thread of its own.

    Args:
        host: to listen on.
        port: to listen on, or the next one that is free.
        inner_port: of the server without TLS on 127.0.0.1.
        certificate: PEM file.
        key: PEM file.

    Attributes:
        peers: addresses of those who are connected, by the port from which the inner server sees them come.

    Raises:
        WmrError: nothing can listen there.
    """

    def __init__(self, host: str, port: int, inner_port: int, certificate: Path, key: Path | None) -> None:
        self._inner_port = inner_port
        self.peers: dict[int, str] = {}
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        starting = asyncio.start_server(self._relay, host, port and free_port(host, port), ssl=context)
        self._server = self._loop.run_until_complete(starting)
        threading.Thread(target=self._loop.run_forever, name="TLS relay", daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.sockets[0].getsockname()[1]

    async def _relay(self, outer: asyncio.StreamReader, outwards: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inner, inwards = await asyncio.open_connection("127.0.0.1", self._inner_port)
            port = inwards.get_extra_info("sockname")[1]
            self.peers[port] = outwards.get_extra_info("peername")[0]
            try:
                await asyncio.gather(_pass_on(outer, inwards), _pass_on(inner, outwards))
            finally:
                del self.peers[port]


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    """Until one side ends; then the other is ended too."""
    with suppress(OSError, ssl.SSLError):
        while block := await source.read(BLOCK):
            sink.write(block)
            await sink.drain()
    with suppress(OSError, RuntimeError):
        sink.close()
