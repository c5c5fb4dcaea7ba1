"""Say what this machine has, and what to do about what is missing.

Every library is tried in a process of its own, so one that crashes is a line in the table.
"""

import json
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from wm_robot.checkpoints import shipped_checkpoints
from wm_robot.cli.finding import Finding, probe
from wm_robot.cli.ros_findings import ros_findings
from wm_robot.core.serialization import to_json

RENDER_PROBE = """
import os
os.environ.setdefault("MUJOCO_GL", "egl")
import mujoco
from OpenGL import GL
model = mujoco.MjModel.from_xml_string(
    "<mujoco><worldbody><light pos='0 0 1'/><geom size='.1' rgba='1 0 0 1'/>"
    "<camera pos='0 0 .5'/></worldbody></mujoco>")
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
renderer = mujoco.Renderer(model, 32, 32)
renderer.update_scene(data, 0)
assert renderer.render()[16, 16, 0] > 50, "the rendered image is empty"
print(GL.glGetString(GL.GL_RENDERER).decode(), "through", os.environ["MUJOCO_GL"])
"""

KERNEL_PROBE = """
from wm_robot.kernels import native
print(native.instruction_sets()[0])
"""

GPU_PROBE = """
import torch
assert torch.cuda.is_available(), "torch finds no CUDA device"
print(torch.cuda.get_device_name(), "with CUDA", torch.version.cuda)
"""


@dataclass(frozen=True, kw_only=True)
class DoctorConfig:
    """Options of `wmr doctor`.

    Args:
        json: print one JSON object on standard output instead of the table.
    """

    json: bool = False


def run(config: DoctorConfig) -> int:
    """Print the findings; the exit code is 0 unless something required is missing."""
    checks: list[Callable[[], Finding]] = [
        _python,
        _processor,
        *(
            lambda name=name: _library(name)
            for name in ("numpy", "scipy.optimize", "torch", "mujoco", "pinocchio", "cv2", "av", "pyarrow")
        ),
        _rendering,
        _kernel,
        _checkpoints,
        _gpu,
        _real_data,
    ]
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        of_ros = pool.submit(ros_findings)
        findings = [*pool.map(lambda check: check(), checks), *of_ros.result()]
    healthy = all(f.ok for f in findings if f.required)
    if config.json:
        print(json.dumps({"healthy": healthy, "findings": to_json(findings)}, indent=2))
    else:
        _print_table(findings, healthy)
    return 0 if healthy else 1


def _print_table(findings: list[Finding], healthy: bool) -> None:
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    for column in ("", "part", "found", "what to do"):
        table.add_column(column, overflow="fold")
    for f in findings:
        mark = "[green]✓[/]" if f.ok else "[red]✗[/]" if f.required else "[yellow]–[/]"
        table.add_row(mark, f.name, f.detail, f.advice)
    console = Console()
    console.print(table)
    console.print(
        "Everything required is here."
        if healthy
        else "Something required is missing: see the lines marked ✗."
    )


def _python() -> Finding:
    ok = (3, 11) <= sys.version_info < (3, 13)
    detail = f"{platform.python_version()} at {sys.executable}"
    return Finding(
        name="Python", ok=ok, required=True, detail=detail, advice="" if ok else "use Python 3.11 or 3.12"
    )


def _processor() -> Finding:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    return Finding(
        name="processor",
        ok=True,
        required=True,
        detail=f"{cores} {platform.machine()} cores, {memory_gib:.0f} GiB memory",
    )


def _library(module: str) -> Finding:
    name = module.partition(".")[0]
    ok, detail = probe(f"import {module}; print({name}.__version__)")
    advice = "in the repository: make setup, or pip install -c constraints.txt ."
    return Finding(name=name, ok=ok, required=True, detail=detail, advice="" if ok else advice)


def _rendering() -> Finding:
    ok, detail = probe(RENDER_PROBE)
    advice = (
        "install EGL (Debian and Ubuntu: apt install libegl1 libgl1); on a desktop MUJOCO_GL=glfw works too"
    )
    return Finding(
        name="rendering", ok=ok, required=True, detail=f"OpenGL: {detail}", advice="" if ok else advice
    )


def _kernel() -> Finding:
    ok, detail = probe(KERNEL_PROBE)
    advice = (
        "install a C++20 compiler (g++ 12 or newer) and run `make setup`; until then --backend torch, slower"
    )
    return Finding(name="rollout kernel", ok=ok, required=False, detail=detail, advice="" if ok else advice)


def _checkpoints() -> Finding:
    names = sorted(shipped_checkpoints())
    return Finding(
        name="checkpoints",
        ok=bool(names),
        required=False,
        detail=", ".join(names) or "none in this installation",
        advice="" if names else "make one: `wmr collect`, then `wmr train`",
    )


def _gpu() -> Finding:
    ok, detail = probe(GPU_PROBE)
    advice = "nothing, unless there is a GPU: then install its driver and torch's CUDA build"
    return Finding(name="GPU", ok=ok, required=False, detail=detail, advice="" if ok else advice)


def _real_data() -> Finding:
    folder = Path(os.environ.get("WM_REAL_DATA", "../shared/data/real"))
    ok = folder.is_dir()
    return Finding(
        name="real data",
        ok=ok,
        required=False,
        detail=str(folder.resolve()) if ok else f"no folder {folder}",
        advice="" if ok else "nothing, unless you have recordings: then point WM_REAL_DATA at them",
    )
