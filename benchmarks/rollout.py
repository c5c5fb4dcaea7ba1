"""What each compiled variant of the kernel takes, beside torch.mm of the same shapes and eager torch.

For work on csrc/; `wmr bench` is for users. Run it as: python benchmarks/rollout.py
"""

from functools import partial

from wm_robot.kernels.benchmark import Workload, measure
from wm_robot.kernels.native import NativeBackend, default_threads, instruction_sets

WORKLOADS = (Workload(K=64, H=3), Workload(K=512, H=8))
REPEATS = 30


def main() -> None:
    for workload in WORKLOADS:
        for threads in sorted({1, default_threads()}):
            print(f"{workload}, threads={threads}")
            variants = {
                f"native {name}": partial(NativeBackend, threads=threads, instruction_set=name)
                for name in instruction_sets()
            }
            for row in measure(workload, variants, repeats=REPEATS, threads=threads):
                print(f"  {row.backend:<15} {row.call_ms_p50:8.2f} ms   {row.ratio_gemm_fp32:5.2f} × gemm")


if __name__ == "__main__":
    main()
