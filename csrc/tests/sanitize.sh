#!/usr/bin/env bash
# Runs the C++ tests under the address, undefined-behaviour and thread sanitizers; the first finding stops it.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/.venv/bin:$PATH"
export ASAN_OPTIONS=detect_stack_use_after_return=1
export UBSAN_OPTIONS=print_stacktrace=1

check() {
  local folder=build/sanitize-$1 flags="-fsanitize=$2 -fno-sanitize-recover=all -fno-omit-frame-pointer"
  cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS="$flags" \
    -DWM_PYTHON_MODULE=OFF -DWM_CUDA=OFF -DWM_CPP_TESTS=ON >/dev/null
  cmake --build "$folder"
  ctest --test-dir "$folder" --output-on-failure --timeout 300 --repeat "until-fail:$3"
}

# The address and the thread sanitizer cannot share a build.
check address address,undefined 1
# Whether a race shows depends on who comes first: one seeded into the thread pool hid in 2 runs of 25.
check thread thread 5
