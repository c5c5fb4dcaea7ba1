from glob import glob

from setuptools import find_packages, setup

package = "wm_robot_bringup"

setup(
    name=package,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={package: ["parameter_names.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{package}"]),
        (f"share/{package}", ["package.xml"]),
        (f"share/{package}/launch", glob("launch/*.launch.py")),
        (f"share/{package}/config", glob("config/*.yaml")),
        (f"share/{package}/controllers", glob("controllers/*.yaml")),
        (f"share/{package}/rviz", glob("rviz/*.rviz")),
    ],
    install_requires=["setuptools"],
    extras_require={"test": ["pytest"]},  # colcon test runs pytest because of it
    zip_safe=True,
    maintainer="wm_robot maintainers",
    maintainer_email="maintainers@example.org",
    description="Launch files, settings of each arm and RViz configuration of wm_robot.",
    license="Apache-2.0",
    entry_points={"console_scripts": [f"validate = {package}.validate_node:main"]},
)
