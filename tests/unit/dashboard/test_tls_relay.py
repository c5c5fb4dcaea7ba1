"""TLS before a server that has none."""

import asyncio
import socket

from wm_robot.dashboard.tls_relay import TlsRelay


def test_a_tls_relay_takes_the_next_port_where_one_is_taken(certificate):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert TlsRelay("127.0.0.1", port, 1, *certificate).port > port


def test_a_tls_relay_passes_on_what_both_sides_say(certificate, trusting):
    async def talk():
        came_from, known = [], {}

        async def echo(reader, writer):
            came_from.append(writer.get_extra_info("peername")[1])
            said = await reader.readexactly(5)
            known.update(relay.peers)  # known before anything is passed on
            writer.write(said[::-1])
            await writer.drain()
            writer.close()

        inner = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = inner.sockets[0].getsockname()[1]
        relay = await asyncio.to_thread(TlsRelay, "127.0.0.1", 0, port, *certificate)
        reader, writer = await asyncio.open_connection("127.0.0.1", relay.port, ssl=trusting)
        writer.write(b"hello")
        answer = await reader.read()
        writer.close()
        return answer, came_from, known

    answer, came_from, known = asyncio.run(talk())
    assert answer == b"olleh"
    assert known == {came_from[0]: "127.0.0.1"}
