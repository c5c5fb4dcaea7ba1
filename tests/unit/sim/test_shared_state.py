import os
import signal
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest
from wm_sim.shared_state import StateReader, StateWriter

from wm_robot.core.errors import DriverError, WmrError


@pytest.fixture
def name(tmp_path):
    return f"test-{tmp_path.name}"


def writer_process(name, ending):
    """A process that publishes ten ones at 5 ns, then does `ending`, says so, and waits to be killed."""
    code = f"""
        import sys, time
        import numpy as np
        from wm_sim.shared_state import StateWriter
        writer = StateWriter({name!r}, {{}}, 10)
        writer.publish(5, 1, np.ones(10))
        {ending}
        print("ready", flush=True)
        time.sleep(60)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()


def test_what_is_published_is_read_with_its_description(name):
    writer = StateWriter(name, {"robot": "panda"}, 3)
    writer.publish(7, 2**62, np.array([1.0, 2.0, 3.0]))
    reader = StateReader(name)
    assert reader.description == {"robot": "panda"}
    snapshot = reader.read()
    assert (snapshot.stamp_ns, snapshot.seed) == (7, 2**62)
    np.testing.assert_array_equal(snapshot.state, [1, 2, 3])
    writer.close()
    assert reader.read().stamp_ns == 7  # what was seen stays to be seen


def test_a_reader_never_sees_half_of_a_state(name):
    writer = StateWriter(name, {}, 5_000)
    writer.publish(0, 0, np.zeros(5_000))
    done = threading.Event()

    def write():
        for number in range(1, 3_000):
            writer.publish(number, number, np.full(5_000, float(number)))
        done.set()

    thread = threading.Thread(target=write)
    reader = StateReader(name)
    thread.start()
    seen = set()
    while not done.is_set():
        snapshot = reader.read()
        assert np.all(snapshot.state == snapshot.stamp_ns)
        seen.add(snapshot.sequence)
    thread.join()
    writer.close()
    assert len(seen) > 1


def test_a_second_simulation_of_the_same_name_is_refused(name):
    writer = StateWriter(name, {}, 1)
    with pytest.raises(DriverError, match=f"named '{name}' is running; stop it or choose another name"):
        StateWriter(name, {}, 1)
    writer.close()
    StateWriter(name, {}, 1).close()


def test_a_missing_simulation_is_an_error_that_lists_the_running_ones(name):
    writer = StateWriter(name, {}, 1)
    with pytest.raises(DriverError, match=f"no simulation named 'nobody' is running .*{name}"):
        StateReader("nobody")
    writer.close()


def test_a_name_that_is_a_path_is_refused():
    with pytest.raises(WmrError, match=r"simulation name '\.\./x' is not valid"):
        StateReader("../x")


def test_of_a_killed_writer_the_last_state_stays_and_its_name_is_free(name):
    process = writer_process(name, "pass")
    reader = StateReader(name)
    kill(process)
    np.testing.assert_array_equal(reader.read().state, np.ones(10))
    with pytest.raises(DriverError, match="no simulation named"):
        StateReader(name)
    StateWriter(name, {}, 10).close()


def test_a_writer_killed_in_the_middle_of_a_state_is_found_out(name):
    process = writer_process(name, "writer._head[0] = 3; writer._state[:4] = 2.0")
    reader = StateReader(name)
    kill(process)
    with pytest.raises(DriverError, match="died while it wrote its state; connect the sim driver again"):
        reader.read()
    StateWriter(name, {}, 10).close()
