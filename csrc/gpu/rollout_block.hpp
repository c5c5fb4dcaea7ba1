// A tile of candidates through the whole horizon on one thread block: the equations of
// wm_robot/kernels/predictor.py and terms.py. Exec says what a block can do: DeviceBlock on a GPU, HostBlock
// in tests, so that the algorithm is checked where no GPU is.
//
// Exec::parallel(n, f)                       f(i) for i < n, by all threads
// Exec::normalize(n, load, use)              use(row, i, LN(load(row, ·))_i) for the tile's rows
// Exec::sum(n, load, use)                    use(row, Σ_i load(row, i)), once a row
// Exec::product(layer, x, stride, epilogue)  epilogue(row of W, candidate, y) for y = W x + b
// Each ends with a barrier of the block.
#pragma once

#include "scalar.hpp"
#include "wm/philox.hpp"

namespace wm::gpu {

// Entries of an operand's row: whole fragments, and 8 more so that eight rows lie in different banks.
WM_HOST_DEVICE inline int padded(int n) { return (n + 15) / 16 * 16 + 8; }

// A block's own memory; each array is (rows, kTile, entries) or (kTile, entries).
struct Workspace {
  float* latents = nullptr;     // ring of T slots (L,); latent i of history and future is in slot i mod T
  float* actions = nullptr;     // (T − 1 + H) of (nu,), past ones first
  float* stream = nullptr;      // h (W,)
  float* modulation = nullptr;  // (3 W,): shift, scale, gate
  float* reading = nullptr;     // of a cost term
  float* costs = nullptr;       // (1,)
  Bf16* window = nullptr;       // a latent as operand
  Bf16* recent = nullptr;       // T actions as operand
  Bf16* embedding = nullptr;
  Bf16* condition = nullptr;
  Bf16* normed = nullptr;
  Bf16* hidden = nullptr;
  Bf16* front = nullptr;  // of a distance head
  Bf16* back = nullptr;
  std::size_t bytes = 0;
};

WM_HOST_DEVICE inline Workspace carve(const Problem& problem, char* base) {
  const Predictor& p = problem.predictor;
  Workspace w;
  const auto floats = [&](int entries) {
    auto* const at = reinterpret_cast<float*>(base + w.bytes);
    w.bytes += sizeof(float) * kTile * static_cast<std::size_t>(entries);
    return at;
  };
  const auto operand = [&](int entries) {
    auto* const at = reinterpret_cast<Bf16*>(base + w.bytes);
    w.bytes += sizeof(Bf16) * kTile * static_cast<std::size_t>(padded(entries));
    return at;
  };
  w.latents = floats(p.history * p.latent);
  w.actions = floats((p.history - 1 + problem.settings.horizon) * p.nu);
  w.stream = floats(p.width);
  w.modulation = floats(3 * p.width);
  w.reading = floats(problem.terms.widest_reading);
  w.costs = floats(1);
  w.window = operand(p.latent);
  w.recent = operand(p.history * p.nu);
  w.embedding = operand(p.embedding);
  w.condition = operand(p.embedding);
  w.normed = operand(p.width);
  w.hidden = operand(p.hidden);
  w.front = operand(problem.terms.widest_head);
  w.back = operand(problem.terms.widest_head);
  return w;
}

template <class Exec>
class RolloutBlock {
 public:
  WM_BLOCK RolloutBlock(Exec& exec, const Problem& problem, char* memory)
      : exec_(exec), problem_(problem), p_(problem.predictor), w_(carve(problem, memory)) {
    // What pads an operand stays zero.
    exec_.parallel(static_cast<int>(w_.bytes / sizeof(float)),
                   [&](int i) { reinterpret_cast<float*>(memory)[i] = 0.0F; });
  }

  // (H, kTile, nu), to be filled before `run`.
  WM_BLOCK float* future() { return w_.actions + (p_.history - 1) * kTile * p_.nu; }

  // Costs (kTile,) of the actions in `future`.
  WM_BLOCK const float* run() {
    const int T = p_.history;
    const int L = p_.latent;
    exec_.parallel(kTile * L, [&](int i) { slot(T - 1)[i] = problem_.latent[i % L]; });
    exec_.parallel((T - 1) * kTile * p_.nu, [&](int i) {
      w_.actions[i] = problem_.past_actions[i / (kTile * p_.nu) * p_.nu + i % p_.nu];
    });
    exec_.parallel(kTile, [&](int m) { w_.costs[m] = 0.0F; });
    for (int t = 0; t < problem_.settings.horizon; ++t) {
      step(t);
      add_costs(t);
    }
    return w_.costs;
  }

 private:
  WM_BLOCK float* slot(int i) { return w_.latents + i % p_.history * kTile * p_.latent; }
  WM_BLOCK float* action(int i) { return w_.actions + i * kTile * p_.nu; }

  // x (kTile, n) as an operand.
  WM_BLOCK void convert(const float* x, int n, Bf16* operand) {
    exec_.parallel(kTile * n, [&](int i) { operand[i / n * padded(n) + i % n] = to_bf16(x[i]); });
  }

  WM_BLOCK void dense_gelu(const Linear& layer, const Bf16* x, Bf16* y) {
    exec_.product(layer, x, padded(layer.cols),
                  [&](int i, int m, float sum) { y[m * padded(layer.rows) + i] = to_bf16(gelu(sum)); });
  }

  WM_BLOCK void step(int t) {
    const int T = p_.history;
    const int W = p_.width;
    read_window(t);
    const int size = T * p_.nu;
    exec_.parallel(kTile * size, [&](int i) {
      const int m = i / size;
      const int k = i % size;
      w_.recent[m * padded(size) + k] = to_bf16(action(t + k / p_.nu)[m * p_.nu + k % p_.nu]);
    });
    dense_gelu(p_.action0, w_.recent, w_.embedding);
    dense_gelu(p_.action2, w_.embedding, w_.condition);
    for (int b = 0; b < p_.blocks; ++b) apply_block(p_.block[b]);
    exec_.normalize(
        W, [&](int m, int i) { return w_.stream[m * W + i]; },
        [&](int m, int i, float y) { w_.normed[m * padded(W) + i] = to_bf16(y); });
    const float* const z = slot(t + T - 1);
    float* const next = slot(t + T);
    exec_.product(p_.output, w_.normed, padded(W),
                  [&](int i, int m, float y) { next[m * p_.latent + i] = z[m * p_.latent + i] + y; });
  }

  // h = shared part + Σ_j W_j z over the latents of the window that were predicted, not observed.
  WM_BLOCK void read_window(int t) {
    const int T = p_.history;
    const int W = p_.width;
    const float* const observed = problem_.shared + (t < T ? t : T) * W;
    exec_.parallel(kTile * W, [&](int i) { w_.stream[i] = observed[i % W]; });
    for (int j = t < T ? T - t : 0; j < T; ++j) {
      convert(slot(t + j), p_.latent, w_.window);
      exec_.product(p_.input[j], w_.window, padded(p_.latent),
                    [&](int i, int m, float y) { w_.stream[m * W + i] += y; });
    }
  }

  // h ← h + gate · down GELU(up (LN(h) (1 + scale) + shift)).
  WM_BLOCK void apply_block(const Block& block) {
    const int W = p_.width;
    exec_.product(block.modulation, w_.condition, padded(p_.embedding),
                  [&](int i, int m, float y) { w_.modulation[m * 3 * W + i] = y; });
    exec_.normalize(
        W, [&](int m, int i) { return w_.stream[m * W + i]; },
        [&](int m, int i, float y) {
          const float* const shift = w_.modulation + m * 3 * W;
          w_.normed[m * padded(W) + i] = to_bf16(y * (1.0F + shift[W + i]) + shift[i]);
        });
    dense_gelu(block.up, w_.normed, w_.hidden);
    exec_.product(block.down, w_.hidden, padded(p_.hidden), [&](int i, int m, float y) {
      w_.stream[m * W + i] += w_.modulation[m * 3 * W + 2 * W + i] * y;
    });
  }

  WM_BLOCK void add_costs(int t) {
    const Terms& terms = problem_.terms;
    const int T = p_.history;
    convert(slot(t + T), p_.latent, w_.window);
    for (int i = 0; i < terms.n_readouts; ++i) add(terms.readouts[i], t);
    for (int i = 0; i < terms.n_distances; ++i) add(terms.distances[i], t);
    exec_.parallel(kTile, [&](int m) {
      const float* const now = action(t + T - 1) + m * p_.nu;
      const float* const before = t + T >= 2 ? action(t + T - 2) + m * p_.nu : now;
      for (int i = 0; i < terms.n_smoothness; ++i) {
        for (int j = 0; j < p_.nu; ++j) {
          const float change = now[j] - before[j];
          w_.costs[m] += terms.smoothness[i].step_weights[t] * (change * change);
        }
      }
      for (int i = 0; i < terms.n_limits; ++i) {
        for (int j = 0; j < p_.nu; ++j) {
          const float excess = fmaxf(fabsf(now[j]) - terms.limits[i].limit, 0.0F);
          w_.costs[m] += terms.limits[i].step_weights[t] * (excess * excess);
        }
      }
    });
  }

  WM_BLOCK void add(const Readout& term, int t) {
    const float weight = term.step_weights[t];
    if (weight == 0.0F) return;
    const int n = term.map.rows;
    if (term.map.fragments != nullptr) {
      exec_.product(term.map, w_.window, padded(p_.latent),
                    [&](int i, int m, float y) { w_.reading[m * n + i] = y; });
    } else {
      const float* const z = slot(t + p_.history);
      exec_.parallel(kTile * n,
                     [&](int i) { w_.reading[i] = z[i / n * p_.latent + i % n] + term.map.bias[i % n]; });
    }
    exec_.sum(
        n, [&](int m, int i) { return term.scale[i] * w_.reading[m * n + i] * w_.reading[m * n + i]; },
        [&](int m, float sum) { w_.costs[m] += weight * sum; });
  }

  WM_BLOCK void add(const Distance& term, int t) {
    if (term.step_weights[t] == 0.0F) return;
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
    const float each = term.step_weights[t] / static_cast<float>(n);
    exec_.sum(
        n, [&](int m, int i) { return w_.reading[m * n + i]; },
        [&](int m, float sum) { w_.costs[m] += each * sum; });
  }

  Exec& exec_;
  const Problem& problem_;
  const Predictor& p_;
  Workspace w_;
};

}  // namespace wm::gpu
