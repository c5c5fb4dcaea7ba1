#!/usr/bin/env bash
# Cross-compiles the C++ tests for 64-bit Arm, warnings as errors, and runs them in an emulator. Exits 2
# where the compiler or the emulator is missing.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"

for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v "$tool" >/dev/null && continue
  echo "csrc/tests/aarch64.sh needs $tool: apt-get install g++-aarch64-linux-gnu qemu-user" >&2
  exit 2
done

cmake -S . -B build/aarch64 -G Ninja -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
  -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ \
  -DCMAKE_CROSSCOMPILING_EMULATOR="qemu-aarch64;-L;/usr/aarch64-linux-gnu" \
  -DWM_WARNINGS_AS_ERRORS=ON -DWM_CPP_TESTS=ON -DWM_PYTHON_MODULE=OFF -DWM_CUDA=OFF >/dev/null
cmake --build build/aarch64
ctest --test-dir build/aarch64 --output-on-failure
