// A tile's candidates from the numbers of its place in the stream; see wm::Draw.
#pragma once

#include "simd.hpp"
#include "wm/tile.hpp"

namespace {

inline Vec within_limits(Vec knot) { return max(min(knot, splat(1.0F)), splat(-1.0F)); }

// white (M nu, kLanes) → knots around the mean.
inline void add_noise(const wm::Draw& draw, std::size_t nu, const float* white, float* knots) {
  for (std::size_t m = 0; m < draw.knots; ++m) {
    for (std::size_t j = 0; j < nu; ++j) {
      const std::size_t row = m * nu + j;
      for (std::size_t v = 0; v < kLanes; v += kWidth) {
        Vec noise = load(white + row * kLanes + v);
        if (draw.colour != nullptr) {
          noise = Vec{};
          for (std::size_t n = 0; n < draw.knots; ++n) {
            noise += draw.colour[m * draw.knots + n] * load(white + (n * nu + j) * kLanes + v);
          }
        }
        store(knots + row * kLanes + v, within_limits(draw.mean[row] + draw.deviation[row] * noise));
      }
    }
  }
}

// Each lane's own actions of those given; lanes beyond the last candidate get zeros.
inline void load_actions(const wm::ActionsView& given, std::size_t first, std::size_t count, float* rows) {
  const std::size_t size = given.horizon * given.nu;
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rows[i * kLanes + lane] = lane < count ? given.data[(first + lane) * size + i] : 0.0F;
    }
  }
}

// actions (H nu, kLanes) = W knots.
inline void interpolate(const wm::Draw& draw, std::size_t horizon, std::size_t nu, const float* knots,
                        float* actions) {
  if (draw.interpolation == nullptr) {
    for (std::size_t at = 0; at < horizon * nu * kLanes; at += kWidth) store(actions + at, load(knots + at));
    return;
  }
  for (std::size_t t = 0; t < horizon; ++t) {
    for (std::size_t j = 0; j < nu; ++j) {
      for (std::size_t v = 0; v < kLanes; v += kWidth) {
        Vec action{};
        for (std::size_t m = 0; m < draw.knots; ++m) {
          const float weight = draw.interpolation[t * draw.knots + m];
          if (weight != 0.0F) action += weight * load(knots + (m * nu + j) * kLanes + v);
        }
        store(actions + (t * nu + j) * kLanes + v, action);
      }
    }
  }
}

// Candidates first … first + kLanes − 1 as actions (H nu, kLanes); `white` holds M nu rows, rounded up to
// fours.
inline void draw_candidates(const wm::Draw& draw, wm::Noise noise, std::size_t first, std::size_t horizon,
                            std::size_t nu, float* white, float* actions) {
  const std::size_t size = draw.knots * nu;
  float* const knots = draw.drawn + first * size;
  noise(draw.seed, draw.round, static_cast<std::uint32_t>(first - draw.kept - 1), size, white);
  add_noise(draw, nu, white, knots);
  for (std::size_t k = first; k < first + kLanes && k <= draw.kept; ++k) {
    const float* const given = k == 0 ? draw.mean : draw.elites + (k - 1) * size;
    for (std::size_t row = 0; row < size; ++row) {
      const float limited = given[row] < -1.0F ? -1.0F : given[row];
      knots[row * kLanes + (k - first)] = limited > 1.0F ? 1.0F : limited;
    }
  }
  interpolate(draw, horizon, nu, knots, actions);
}

}  // namespace
