"""The network side of an emulated controller: RTDE, dashboard and script ports, on a loopback address.

    python rtde_server.py 127.0.0.7      # then one order a line on standard input, one JSON answer a line

ur_rtde knows the standard ports only, so every server has its own address out of 127.0.0.0/8. It is a process
of its own: its timing does not depend on the Python interpreter of the driver under test.

Source: Universal Robots, Real-Time Data Exchange (RTDE) Guide, protocol version 2; Dashboard Server e-Series.
"""

import asyncio
import json
import struct
import sys

from ur_controller import CYCLE_S, Controller

DASHBOARD, SCRIPT, RTDE = 29999, 30003, 30004
VERSION = (5, 15, 2, 1234567)
FORMATS = {"DOUBLE": "d", "INT32": "i", "UINT32": "I", "VECTOR6D": "6d"}


def type_of(name: str) -> str:
    """Data type of an RTDE variable, or NOT_FOUND."""
    if name.startswith(("input_int_register_", "output_int_register_")):
        return "INT32"
    if name.startswith(("input_double_register_", "output_double_register_")):
        return "DOUBLE"
    table = {"timestamp": "DOUBLE", "actual_q": "VECTOR6D", "actual_qd": "VECTOR6D", "robot_mode": "INT32"}
    table |= {"safety_mode": "INT32", "safety_status_bits": "UINT32", "robot_status_bits": "UINT32"}
    return (table | {"runtime_state": "UINT32"}).get(name, "NOT_FOUND")


class RtdeClient:
    """One connection to port 30004."""

    def __init__(self, controller: Controller, writer: asyncio.StreamWriter) -> None:
        self.controller, self.writer = controller, writer
        self.started = False
        self.divider = 1
        self.controls = False
        self.outputs: list[str] = []
        self.inputs: list[list[str]] = []

    def answer(self, kind: int, payload: bytes) -> None:
        """React to one package; each is size (uint16, with these three bytes), type (uint8), payload."""
        match chr(kind):
            case "V":
                self.send("V", struct.pack("!?", struct.unpack("!H", payload) == (2,)))
            case "v":
                self.send("v", struct.pack("!4I", *VERSION))
            case "O":
                (frequency_hz,) = struct.unpack("!d", payload[:8])
                self.divider = round(1 / (frequency_hz * CYCLE_S))
                self.outputs = payload[8:].decode().rstrip(",").split(",")
                self.send("O", b"\1" + ",".join(map(type_of, self.outputs)).encode())
            case "I":
                self.controls = True
                self.inputs.append(payload.decode().rstrip(",").split(","))
                types = ",".join(map(type_of, self.inputs[-1])).encode()
                self.send("I", bytes([len(self.inputs)]) + types)
            case "S" | "P":
                self.started = chr(kind) == "S"
                self.send(chr(kind), b"\1")
                if not self.controller.sends_states:
                    self.writer.close()
            case "U":
                self.store(self.inputs[payload[0] - 1], payload[1:])

    def store(self, names: list[str], data: bytes) -> None:
        values = struct.unpack("!" + "".join(FORMATS[type_of(name)] for name in names), data)
        touched = []
        for name, value in zip(names, values, strict=True):
            number = int(name.rsplit("_", 1)[1])
            if name.startswith("input_int"):
                self.controller.input_int[number] = value
                touched.append(number)
            else:
                self.controller.input_double[number] = value
        self.controller.input_arrived(touched)

    def send_state(self, values: dict[str, object]) -> None:
        data = b"\1"
        for name in self.outputs:
            value = values[name]
            numbers = value if isinstance(value, list) else [value]
            data += struct.pack("!" + FORMATS[type_of(name)], *numbers)
        self.send("U", data)

    def send(self, kind: str, payload: bytes) -> None:
        self.writer.write(struct.pack("!HB", 3 + len(payload), ord(kind)) + payload)


class Server:
    """The ports of one controller, and the faults of its network."""

    def __init__(self) -> None:
        self.controller = Controller()
        self.clients: set[RtdeClient] = set()
        self.writers: set[asyncio.StreamWriter] = set()
        self.frozen = False
        self.listeners: list[asyncio.Server] = []

    async def open(self, host: str) -> None:
        for port, talk in ((DASHBOARD, self.dashboard), (SCRIPT, self.script), (RTDE, self.rtde)):
            self.listeners.append(await asyncio.start_server(talk, host, port))

    async def rtde(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = RtdeClient(self.controller, writer)
        self.clients.add(client)
        self.writers.add(writer)
        try:
            while True:
                size, kind = struct.unpack("!HB", await reader.readexactly(3))
                client.answer(kind, await reader.readexactly(size - 3))
        except (asyncio.IncompleteReadError, ConnectionError):
            self.clients.discard(client)
            writer.close()

    async def dashboard(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.add(writer)
        writer.write(b"Connected: Universal Robots Dashboard Server\n")
        while request := await reader.readline():
            writer.write(self.controller.dashboard(request.decode().strip()).encode() + b"\n")

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A program is whole with the line that ends its outermost function."""
        self.writers.add(writer)
        text = b""
        while line := await reader.readline():
            text += line
            if line == b"end\n":
                assert b'rtde_set_watchdog("input_int_register_0"' in text
                self.controller.start_program()
                text = b""

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        start, cycle = loop.time(), 0
        while True:
            cycle += 1
            await asyncio.sleep(start + cycle * CYCLE_S - loop.time())
            if self.frozen:
                continue
            self.controller.tick()
            values = self.controller.outputs()
            for client in list(self.clients):
                if client.started and cycle % client.divider == 0:
                    client.send_state(values)

    def obey(self, order: str, *values: object) -> object:
        """Carry out one order of the test."""
        match order:
            case "state":
                c = self.controller
                return {"q": c.q, "qd": c.qd, "scripts": c.scripts, "runtime": c.runtime_state} | c.received
            case "set":
                setattr(self.controller, str(values[0]), values[1])
            case "freeze":
                self.frozen = True
            case "vanish":
                for listener in self.listeners:
                    listener.close()
                for writer in self.writers:
                    writer.transport.abort()
            case "cut_control":
                for client in self.clients:
                    if client.controls:
                        client.writer.transport.abort()
            case _:
                getattr(self.controller, order)()
        return None


async def main(host: str) -> None:
    server = Server()
    await server.open(host)
    run = asyncio.create_task(server.run())
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(orders), sys.stdin
    )
    print(json.dumps("listening"), flush=True)
    while (line := await orders.readline()) and not run.done():
        print(json.dumps(server.obey(*json.loads(line))), flush=True)
    if run.done():
        run.result()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
