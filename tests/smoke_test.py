"""Is an installed wheel whole? Run by `make build` in a clean environment, outside the checkout."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

import wm_robot
from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.kernels import native


def main() -> None:
    """Import, compute, render and call the console script from the installed files alone."""
    installed = Path(wm_robot.__file__).resolve()
    assert Path(sys.prefix).resolve() in installed.parents, f"{installed} is not in {sys.prefix}"
    assert native.is_available(), "the wheel has no native rollout kernel"
    if shutil.which("nvcc"):
        assert importlib.util.find_spec("wm_robot.kernels._cuda"), "no CUDA search, though nvcc is here"

    import wm_sim

    environment = wm_sim.make("reach")
    observation = environment.reset(seed=0)
    executed = environment.step(np.zeros(environment.action_space.nu)).executed
    assert executed.shape == (environment.action_space.nu,)
    assert all(image.std() > 0 for image in observation.images.values()), "a camera sees nothing"

    wmr = Path(sys.executable).with_name("wmr")
    version = subprocess.run([wmr, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert version == f"wmr {wm_robot.__version__}", version
    subprocess.run([wmr, "doctor", "--json"], check=True, stdout=subprocess.DEVNULL)
    for name, folder in shipped_checkpoints().items():
        task = name.partition("_")[0]
        command = [wmr, "eval", "--task", task, "--checkpoint", folder, "--episodes", "1"]
        command += ["--baselines", "hold", "--json"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    print(f"{version}: wheel is whole; checkpoints: {', '.join(shipped_checkpoints()) or 'none'}")


if __name__ == "__main__":
    main()
