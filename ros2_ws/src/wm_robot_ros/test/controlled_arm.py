"""An arm under ros2_control: its own controller manager and controllers, before its mock hardware."""

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from std_msgs.msg import String
from wm_controllers.kinematics import load_arm
from wm_robot_ros.arm_description import ArmDescription
from wm_robot_ros.sim_topics import LATCHED_QOS
from wm_sim.scene import model_path

PACKAGES = (
    "controller_manager",
    "joint_state_broadcaster",
    "forward_command_controller",
    "joint_trajectory_controller",
)

CONTROLLERS = {
    "joint_state_broadcaster": "joint_state_broadcaster/JointStateBroadcaster",
    "forward_position_controller": "forward_command_controller/ForwardCommandController",
    "joint_trajectory_controller": "joint_trajectory_controller/JointTrajectoryController",
}


def require():
    """Skips the module where ros2_control is not installed."""
    try:
        for package in PACKAGES:
            get_package_prefix(package)
    except PackageNotFoundError as error:
        pytest.skip(f"needs ros2_control: {error}", allow_module_level=True)


class ControlledArm:
    """A process of ros2_control.

    Args:
        world: whose node publishes the description, and speaks to the controller manager.
        robot: RobotSpec; the mock hardware starts at its home.
        controller: which one takes commands; it alone is active.
        folder: for files and logs.
    """

    def __init__(self, world, robot, controller, folder: Path):
        self._world, self._log = world, folder / "ros2_control.log"
        self._environment = {**os.environ, "ROS_DOMAIN_ID": str(world.domain)}
        description = world.node.create_publisher(String, "/robot_description", LATCHED_QOS)
        description.publish(String(data=_urdf(robot)))
        file = folder / "controllers.yaml"
        file.write_text(yaml.safe_dump(_parameters(list(robot.joint_names))))
        self._programs = Path(get_package_prefix("controller_manager")) / "lib/controller_manager"
        with self._log.open("w") as output:
            self.process = subprocess.Popen(
                [self._programs / "ros2_control_node", "--ros-args", "--params-file", file],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._environment,
            )
        try:
            self._spawn("joint_state_broadcaster", controller)
        except BaseException:  # or it would answer the next test
            self.close()
            raise

    @property
    def output(self):
        return self._log.read_text()

    def deactivate(self, controller):
        from controller_manager_msgs.srv import SwitchController  # noqa: PLC0415  (it may not be there)

        client = self._world.node.create_client(SwitchController, "/controller_manager/switch_controller")
        self._world.wait(client.service_is_ready, "the controller manager")
        request = SwitchController.Request(
            deactivate_controllers=[controller], strictness=SwitchController.Request.STRICT
        )
        future = client.call_async(request)
        self._world.wait(future.done, "an answer of the controller manager")
        assert future.result().ok, self.output

    def close(self):
        self.process.terminate()
        self.process.wait(20.0)

    def _spawn(self, *controllers):
        command = [self._programs / "spawner", *controllers, "--controller-manager-timeout", "30"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=90.0, check=False, env=self._environment
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.output}"


def _parameters(joints):
    forward = {"joints": joints, "interface_name": "position"}
    trajectory = {
        "joints": list(joints),  # else YAML refers to the other one, which ROS does not read
        "command_interfaces": ["position"],
        "state_interfaces": ["position", "velocity"],
        "interpolate_from_desired_state": True,
    }
    manager = {"update_rate": 100} | {name: {"type": kind} for name, kind in CONTROLLERS.items()}
    told = {
        "controller_manager": manager,
        "forward_position_controller": forward,
        "joint_trajectory_controller": trajectory,
    }
    return {name: {"ros__parameters": parameters} for name, parameters in told.items()}


def _urdf(robot):
    """The simulated arm's description, its joints driven by mock hardware that starts at home."""
    described = ElementTree.fromstring(
        ArmDescription(load_arm(model_path(robot), robot), robot.joint_names, "base_link").urdf()
    )
    system = ElementTree.SubElement(described, "ros2_control", name="arm", type="system")
    hardware = ElementTree.SubElement(system, "hardware")
    ElementTree.SubElement(hardware, "plugin").text = "mock_components/GenericSystem"
    for name, home in zip(robot.joint_names, robot.home, strict=True):
        joint = ElementTree.SubElement(system, "joint", name=name)
        ElementTree.SubElement(joint, "command_interface", name="position")
        position = ElementTree.SubElement(joint, "state_interface", name="position")
        ElementTree.SubElement(position, "param", name="initial_value").text = str(home)
        ElementTree.SubElement(joint, "state_interface", name="velocity")
    return ElementTree.tostring(described, encoding="unicode")
