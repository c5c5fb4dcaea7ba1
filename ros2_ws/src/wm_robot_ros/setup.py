from setuptools import find_packages, setup

package = "wm_robot_ros"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{package}"]),
        (f"share/{package}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # colcon test runs pytest because of it
    zip_safe=True,
    maintainer="wm_robot maintainers",
    maintainer_email="maintainers@example.org",
    description="Nodes that plan for an arm, keep it safe, simulate it and record it.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            f"planner = {package}.planner_node:main",
            f"safety_controller = {package}.safety_node:main",
            f"sim_robot = {package}.sim_node:main",
            f"recorder = {package}.recorder_node:main",
        ]
    },
)
