#!/usr/bin/env bash
# Runs searches on the GPU under NVIDIA's compute-sanitizer: memcheck for accesses out of bounds or
# misaligned, racecheck for threads of a block that race for its shared memory. Exits 1 at a finding, and
# 2 where something is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH:/usr/local/cuda/bin"

missing() {
  echo "csrc/gpu/check.sh needs $1" >&2
  exit 2
}

command -v compute-sanitizer >/dev/null || missing "compute-sanitizer, which comes with the CUDA toolkit"
reason=$(python -c 'from wm_robot.kernels import cuda; print(cuda.what_is_missing() or "")' 2>/dev/null) \
  || missing "wm_robot: run make setup"
[[ -z $reason ]] || missing "the backend cuda, which $reason"

for tool in memcheck racecheck; do
  echo "== $tool"
  compute-sanitizer --tool "$tool" --error-exitcode 1 python csrc/gpu/check_searches.py cuda
done
