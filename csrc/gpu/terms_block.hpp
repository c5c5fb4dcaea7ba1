// Cost terms of a tile of latents: the equations of wm_robot/kernels/terms.py.
//
// A tile's latents need not be of one step. Tile has, for m < kTile: latent(m) (L,), step(m), action(m) (nu,)
// and previous(m) (nu,), the action before it or itself where there is none. Exec is that of
// rollout_block.hpp.
#pragma once

#include "scalar.hpp"

namespace wm::gpu {

// A block's own memory for a tile of terms: (kTile, entries) each. What pads an operand is zero.
struct TermsMemory {
  float* reading = nullptr;
  float* costs = nullptr;  // (1,)
  Bf16* window = nullptr;  // (L,), a latent as operand, where a term multiplies it
  Bf16* front = nullptr;   // of a distance head
  Bf16* back = nullptr;
};

template <class Exec>
class TermsBlock {
 public:
  WM_BLOCK TermsBlock(Exec& exec, const Terms& terms, int latent, int nu, const TermsMemory& w)
      : exec_(exec), terms_(terms), latent_(latent), nu_(nu), w_(w) {}

  WM_BLOCK void clear() {
    exec_.parallel(kTile, [&](int m) { w_.costs[m] = 0.0F; });
  }

  // costs += all terms of the tile.
  template <class Tile>
  WM_BLOCK void add(const Tile& tile) {
    if (terms_.multiplies) {
      exec_.parallel(kTile * latent_, [&](int i) {
        w_.window[i / latent_ * padded(latent_) + i % latent_] =
            to_bf16(tile.latent(i / latent_)[i % latent_]);
      });
    }
    for (int i = 0; i < terms_.n_readouts; ++i) add(terms_.readouts[i], tile);
    for (int i = 0; i < terms_.n_distances; ++i) add(terms_.distances[i], tile);
    exec_.parallel(kTile, [&](int m) {
      const float* const now = tile.action(m);
      const float* const before = tile.previous(m);
      for (int i = 0; i < terms_.n_smoothness; ++i) {
        for (int j = 0; j < nu_; ++j) {
          const float change = now[j] - before[j];
          w_.costs[m] += terms_.smoothness[i].step_weights[tile.step(m)] * (change * change);
        }
      }
      for (int i = 0; i < terms_.n_limits; ++i) {
        for (int j = 0; j < nu_; ++j) {
          const float excess = fmaxf(fabsf(now[j]) - terms_.limits[i].limit, 0.0F);
          w_.costs[m] += terms_.limits[i].step_weights[tile.step(m)] * (excess * excess);
        }
      }
    });
  }

 private:
  // Whether a term of these weights costs nothing at all of the tile's steps.
  template <class Tile>
  WM_BLOCK bool is_free(const float* step_weights, const Tile& tile) const {
    for (int m = 0; m < kTile; ++m) {
      if (step_weights[tile.step(m)] != 0.0F) return false;
    }
    return true;
  }

  // A step of weight zero is skipped: its latent may not even be finite.
  WM_BLOCK void add(int m, float weight, float cost) {
    if (weight != 0.0F) w_.costs[m] += weight * cost;
  }

  template <class Tile>
  WM_BLOCK void add(const Readout& term, const Tile& tile) {
    if (is_free(term.step_weights, tile)) return;
    const int n = term.map.rows;
    const auto use = [&](int m, float sum) { add(m, term.step_weights[tile.step(m)], sum); };
    if (term.map.fragments != nullptr) {
      exec_.product(term.map, w_.window, padded(latent_),
                    [&](int i, int m, float y) { w_.reading[m * n + i] = y; });
      exec_.sum(
          n, [&](int m, int i) { return term.scale[i] * w_.reading[m * n + i] * w_.reading[m * n + i]; },
          use);
      return;
    }
    exec_.sum(
        n,
        [&](int m, int i) {
          const float y = tile.latent(m)[i] + term.map.bias[i];
          return term.scale[i] * y * y;
        },
        use);
  }

  template <class Tile>
  WM_BLOCK void add(const Distance& term, const Tile& tile) {
    if (is_free(term.step_weights, tile)) return;
    Bf16* x = w_.front;
    Bf16* y = w_.back;
    dense_gelu(term.input, w_.window, x);
    for (int i = 0; i < term.layers; ++i) {
      dense_gelu(term.hidden[i], x, y);
      Bf16* const swapped = x;
      x = y;
      y = swapped;
    }
    const int n = term.output.rows;
    exec_.product(term.output, x, padded(term.output.cols),
                  [&](int i, int m, float d) { w_.reading[m * n + i] = softplus(d); });
    exec_.sum(
        n, [&](int m, int i) { return w_.reading[m * n + i]; },
        [&](int m, float sum) { add(m, term.step_weights[tile.step(m)] / static_cast<float>(n), sum); });
  }

  WM_BLOCK void dense_gelu(const Linear& layer, const Bf16* x, Bf16* y) {
    exec_.product(layer, x, padded(layer.cols),
                  [&](int i, int m, float sum) { y[m * padded(layer.rows) + i] = to_bf16(gelu(sum)); });
  }

  Exec& exec_;
  const Terms& terms_;
  int latent_;
  int nu_;
  TermsMemory w_;
};

}  // namespace wm::gpu
