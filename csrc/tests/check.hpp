// The few words that the C++ tests need: CHECK a condition, go on, and fail at the end.
#pragma once

#include <cstdio>

namespace check {

inline int failures = 0;

inline void that(bool holds, const char* condition, const char* file, int line) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: %s does not hold\n", file, line, condition);
  ++failures;
}

// What main returns. Not the number itself: of that a process's exit status keeps the last byte alone.
inline int status() { return failures == 0 ? 0 : 1; }

}  // namespace check

#define CHECK(condition) check::that((condition), #condition, __FILE__, __LINE__)
