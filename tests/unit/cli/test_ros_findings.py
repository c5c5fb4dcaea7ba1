"""What `wmr doctor` says of ROS 2, with installations that are whole, foreign, unsourced and absent."""

import sys

import pytest

from wm_robot.cli import ros_findings as doctor
from wm_robot.cli.finding import probe

THIS = f"python{sys.version_info.major}.{sys.version_info.minor}"
MIDDLEWARES = "share/ament_index/resource_index/rmw_typesupport"


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine without ROS, on which probes succeed."""
    for variable in ("ROS_DISTRO", "AMENT_PREFIX_PATH", "RMW_IMPLEMENTATION"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(doctor, "OPT_ROS", tmp_path)
    monkeypatch.setattr(doctor, "probe", lambda code, setup=None: (True, "1.0"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def install(machine, distribution="jazzy", python=THIS, middleware="rmw_cyclonedds_cpp"):
    prefix = machine / distribution
    (prefix / "lib" / python).mkdir(parents=True)
    (prefix / MIDDLEWARES).mkdir(parents=True)
    (prefix / MIDDLEWARES / middleware).touch()
    (prefix / "setup.bash").touch()
    return prefix


def source(monkeypatch, prefix):
    monkeypatch.setenv("ROS_DISTRO", prefix.name)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{prefix.parent}/overlay:{prefix}")


def findings():
    return {finding.name: finding for finding in doctor.ros_findings()}


def test_without_ros_one_line_says_so(machine):
    (finding,) = doctor.ros_findings()
    assert (finding.name, finding.ok, finding.required) == ("ROS 2", False, False)
    assert "install Jazzy" in finding.advice


def test_a_sourced_ros_that_fits_needs_no_advice(machine, monkeypatch):
    source(monkeypatch, install(machine))
    found = findings()
    assert all(f.ok and not f.advice and not f.required for f in found.values())
    assert found["ROS 2"].detail == f"jazzy at {machine}/jazzy, sourced"
    assert found["ROS 2 middleware"].detail == "rmw_cyclonedds_cpp"


def test_a_ros_that_is_not_sourced_is_named_with_the_line_that_does_it(machine):
    install(machine)
    install(machine, "humble")
    found = findings()["ROS 2"]
    assert not found.ok
    assert found.detail == f"jazzy at {machine}/jazzy, not sourced"
    assert found.advice == f"before you start nodes: source {machine}/jazzy/setup.bash"


def test_a_ros_for_another_python_is_told_with_how_to_make_the_right_environment(machine, monkeypatch):
    other = "python3.12" if THIS == "python3.11" else "python3.11"
    source(monkeypatch, install(machine, python=other))
    python = findings()["ROS 2 Python"]
    assert not python.ok
    assert python.detail == f"built for {other}; this is {THIS}"
    assert f"with {other} and --system-site-packages" in python.advice


def test_a_ros_for_a_python_that_the_library_does_not_have_is_told_so(machine, monkeypatch):
    source(monkeypatch, install(machine, "humble", python="python3.10"))
    python = findings()["ROS 2 Python"]
    assert not python.ok
    assert "wm_robot runs on Python 3.11 and 3.12" in python.advice


def test_a_numpy_that_the_messages_do_not_fit_is_recognised(machine, monkeypatch):
    source(monkeypatch, install(machine))
    failed = (False, "numpy.core.multiarray failed to import")
    monkeypatch.setattr(
        doctor, "probe", lambda code, setup=None: failed if "CameraInfo" in code else (True, "1.0")
    )
    found = findings()
    assert found["rclpy"].ok
    assert not found["ROS 2 messages"].ok
    assert found["ROS 2 messages"].detail == failed[1]
    assert "pip install 'numpy<2'" in found["ROS 2 messages"].advice


def test_messages_that_are_missing_are_not_blamed_on_numpy(machine, monkeypatch):
    source(monkeypatch, install(machine))
    missing = (False, "No module named 'sensor_msgs'")
    monkeypatch.setattr(
        doctor, "probe", lambda code, setup=None: missing if "CameraInfo" in code else (True, "1.0")
    )
    found = findings()["ROS 2 messages"]
    assert found.advice == "install the messages: apt install ros-jazzy-sensor-msgs"


def test_what_rclpy_itself_lacks_is_not_blamed_on_the_messages(machine, monkeypatch):
    source(monkeypatch, install(machine))
    monkeypatch.setattr(doctor, "probe", lambda code, setup=None: (False, "No module named 'yaml'"))
    found = findings()
    assert (found["ROS 2 messages"].detail, found["ROS 2 messages"].advice) == (
        "not tried",
        "first rclpy, above",
    )
    assert "--system-site-packages" in found["rclpy"].advice


def test_a_middleware_that_is_not_installed_is_named_with_its_package(machine, monkeypatch):
    source(monkeypatch, install(machine, middleware="rmw_fastrtps_cpp"))
    monkeypatch.setenv("RMW_IMPLEMENTATION", "rmw_cyclonedds_cpp")
    found = findings()["ROS 2 middleware"]
    assert found.detail == "RMW_IMPLEMENTATION is rmw_cyclonedds_cpp; installed: rmw_fastrtps_cpp"
    assert "apt install ros-jazzy-rmw-cyclonedds-cpp" in found.advice


def test_our_messages_are_to_be_built_or_only_sourced(machine, monkeypatch):
    source(monkeypatch, install(machine))
    monkeypatch.setattr(doctor, "probe", lambda code, setup=None: (False, "No module named 'wm_robot_msgs'"))
    assert "colcon build" in findings()["wm_robot_msgs"].advice
    built = machine / "ros2_ws" / "install" / "setup.bash"
    built.parent.mkdir(parents=True)
    built.touch()
    assert findings()["wm_robot_msgs"].advice == "source ros2_ws/install/setup.bash"


def test_a_probe_runs_in_the_environment_that_the_setup_makes(tmp_path):
    setup = tmp_path / "setup.bash"
    setup.write_text("echo noise; export WHAT=sourced\n")
    assert probe("import os; print(os.environ['WHAT'])", setup) == (True, "sourced")
