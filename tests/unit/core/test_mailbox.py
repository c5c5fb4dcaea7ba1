"""The newest message, whole or not at all."""

import subprocess
import sys

import pytest

from wm_robot.core.errors import WmrError
from wm_robot.core.mailbox import Mailbox

WRITER = """
import sys
from pathlib import Path
from wm_robot.core.mailbox import Mailbox
box, i = Mailbox(Path(sys.argv[1])), 0
while True:
    i += 1
    box.write(bytes([i % 251]) * (1000 + i % 1000), i)
    if i == 1:
        print("begun", flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "box"


def test_a_message_is_read_once(path):
    with Mailbox(path, 100) as writer, Mailbox(path) as reader:
        assert reader.read() is None
        writer.write(b"first", 7)
        assert reader.read() == (b"first", 7)
        assert reader.read() is None


def test_the_newest_message_replaces_the_others(path):
    with Mailbox(path, 100) as writer, Mailbox(path) as reader:
        writer.write(b"a long first message", 1)
        writer.write(b"", 2)
        assert reader.read() == (b"", 2)


def test_the_same_message_again_is_another(path):
    with Mailbox(path, 100) as writer, Mailbox(path) as reader:
        for _ in range(2):
            writer.write(b"x", 1)
            assert reader.read() == (b"x", 1)


def test_a_message_that_is_too_long_is_refused_and_replaces_nothing(path):
    with Mailbox(path, 10) as writer, Mailbox(path) as reader:
        writer.write(b"0123456789", 1)
        with pytest.raises(WmrError, match=r"11 bytes; .* holds 10"):
            writer.write(b"01234567890", 2)
        assert reader.read() == (b"0123456789", 1)


def test_a_second_writer_is_heard_by_those_who_read_the_first(path):
    with Mailbox(path, 100) as first, Mailbox(path) as reader:
        first.write(b"first", 1)
        assert reader.read() is not None
        with Mailbox(path) as second:
            second.write(b"second", 2)
        assert reader.read() == (b"second", 2)


def test_nobody_reads_a_mailbox_that_nobody_made(path):
    with pytest.raises(FileNotFoundError):
        Mailbox(path)


@pytest.mark.parametrize("at", range(0, 24 + 5))
def test_a_bit_that_is_torn_anywhere_is_no_message(path, at):
    with Mailbox(path, 100) as writer:
        writer.write(b"hello", 12345)
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
    with Mailbox(path) as reader:
        assert reader.read() is None


def test_a_writer_at_work_and_killed_at_work_is_never_read_in_halves(path):
    with Mailbox(path, 4096), Mailbox(path) as reader:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
        writer.stdout.readline()
        read = []
        while len(read) < 300:
            if (message := reader.read()) is not None:
                read.append(message)
        writer.kill()
        writer.wait()
        writer.stdout.close()
        read.append(reader.read() or read[-1])
        for message, stamp in read:
            assert message == bytes([stamp % 251]) * (1000 + stamp % 1000)
        with Mailbox(path) as next_writer:
            next_writer.write(b"after", 1)
        assert reader.read() == (b"after", 1)
