"""The lines of Python that the README shows work as they stand."""

import re
import subprocess
import sys
from pathlib import Path

from wm_robot.cli.main import SUBCOMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_python_example_brings_the_arm_near_the_goal():
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len([line for line in code.splitlines() if line]) <= 12
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout.split(" mm")[0]) < 40  # it started at least 250 mm away


def test_every_command_and_every_file_that_the_readme_names_exists():
    makefile = (ROOT / "Makefile").read_text()
    for word in re.findall(r"make ([a-z]+)", README):
        assert re.search(rf"^{word}:", makefile, re.MULTILINE), word
    assert set(re.findall(r"wmr ([a-z]+)", README)) <= set(SUBCOMMANDS)
    for link in re.findall(r"\]\(([^)]+)\)", README):
        assert (ROOT / link).is_file(), link
    for path in re.findall(r"`((?:wm_robot|sim)/[a-z_/]+\.py)`", README):
        assert (ROOT / path).is_file(), path
