// Whether this process may multiply by Intel's Advanced Matrix Extensions.
#pragma once

namespace wm {

// Asks Linux for the tile registers where the processor has them with bfloat16 products; the permission is
// the whole process's, threads to come included, and lasts. False where it is refused, such as where a signal
// stack is too small for the registers.
bool amx_is_granted();

}  // namespace wm
