// The vectorised functions against the standard library in double, over the range where they are used.
#include <algorithm>
#include <cmath>

#include "check.hpp"
#include "instructions.hpp"
#include "operand.hpp"

namespace {

// Largest |ours − exact| / max(|exact|, floor) over [low, high].
template <class Ours, class Exact>
double worst_error(float low, float high, double floor, Ours ours, Exact exact) {
  double worst = 0;
  const int steps = 200000;
  for (int i = 0; i <= steps; ++i) {
    const float x = low + (high - low) * static_cast<float>(i) / steps;
    const double want = exact(static_cast<double>(x));
    worst = std::max(worst, std::abs(ours(splat(x))[0] - want) / std::max(std::abs(want), floor));
  }
  return worst;
}

double exact_gelu(double x) {
  return 0.5 * x * (1 + std::tanh(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}

// Of what becomes an operand: where that is rounded to bfloat16 (2e-3), so may this be.
constexpr double kOperandGelu = kGroup == 1 ? 2e-6 : 1.5e-4;

void test_all() {
  // One unit in the last place is 1.2e-7 at most; each function may be off by a few.
  CHECK(worst_error(-86, 86, 0, [](Vec x) { return exp(x); }, [](double x) { return std::exp(x); }) < 4e-7);
  // For x < 0 GELU is x e^{2u}: rounding 2u, here up to 16, costs up to 16 half units more.
  CHECK(worst_error(-30, 30, 1e-6, gelu, exact_gelu) < 2e-6);
  CHECK(worst_error(-80, 80, 1e-30, softplus,
                    [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }) < 1e-6);

  CHECK(worst_error(-9, 30, 1e-3, operand_gelu, exact_gelu) < kOperandGelu);

  // Beyond the range nothing becomes NaN or infinite.
  for (const float x : {-1e4F, 1e4F, -1e15F, 1e15F}) {
    CHECK(std::isfinite(exp(splat(x))[0]));
    CHECK(gelu(splat(x))[0] == (x > 0 ? x : 0.0F) || std::abs(gelu(splat(x))[0]) < 1e-20F);
    CHECK(std::abs(operand_gelu(splat(x))[0] - std::max(x, 0.0F)) <= kOperandGelu * std::abs(x));
    CHECK(softplus(splat(x))[0] >= 0.0F && softplus(splat(x))[0] <= std::max(x, 1e-30F));
  }
  CHECK(rsqrt(splat(4.0F))[kWidth - 1] == 0.5F);
}

}  // namespace

int main() {
  if (!instructions::are_here()) return instructions::kSkipped;
  test_all();
  return check::status();
}
