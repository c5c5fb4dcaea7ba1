// Candidates of a round: the mean, elites that are kept, and noise around the mean; and the actions that
// knots stand for. Of a team of blocks, each draws every `members`-th candidate.
#pragma once

#include "layout.hpp"
#include "normal.hpp"

namespace wm::gpu {

constexpr int kMaxKnots = 64;  // of coloured noise

// Candidates first … first + size − 1 of a round of `count`; the first after the mean are `kept` elites.
struct Drawn {
  int first, size, round, kept, count;
};

template <class Exec>
class DrawBlock {
 public:
  WM_BLOCK DrawBlock(Exec& exec, const SearchProblem& problem)
      : exec_(exec),
        problem_(problem),
        s_(problem.settings),
        state_(*problem.state),
        size_(s_.knots * s_.nu) {}

  // Knots into the state's `drawn`.
  WM_BLOCK void draw(const Drawn& d) {
    const int fours = (size_ + 3) / 4;
    const int mine = share(d.size);
    exec_.parallel(mine * fours, [&](int i) {
      const int k = d.first + of_share(i / fours);
      if (k >= d.count) return;
      const int block = i % fours;
      float white[4];
      if (k > d.kept) {
        const auto place = static_cast<std::uint32_t>(k - d.kept - 1);
        four_normals(problem_.seed, static_cast<std::uint32_t>(d.round), place, block, white);
      }
      for (int j = 4 * block; j < 4 * block + 4 && j < size_; ++j) {
        float* const knot = state_.drawn + k * size_ + j;
        if (k == 0)
          *knot = clipped(state_.mean[j]);
        else if (k <= d.kept)
          *knot = clipped(state_.elites[(k - 1) * size_ + j]);
        else
          *knot = white[j - 4 * block];
      }
    });
    if (s_.colour != nullptr) paint(d);
    exec_.parallel(mine * size_, [&](int i) {
      const int k = d.first + of_share(i / size_);
      if (k <= d.kept || k >= d.count) return;
      const int j = i % size_;
      const float deviation = s_.noise != nullptr ? s_.noise[d.round] : state_.std[j];
      float* const knot = state_.drawn + k * size_ + j;
      *knot = clipped(state_.mean[j] + deviation * *knot);
    });
  }

  // Actions at(t, m) (nu,) of `size` candidates from their knots, `count` of them; the others hold still.
  template <class At>
  WM_BLOCK void interpolate(const float* knots, int size, int count, At at) {
    const int nu = s_.nu;
    const int mine = share(size);
    exec_.parallel(s_.horizon * mine * nu, [&](int i) {
      const int t = i / (mine * nu);
      const int m = of_share(i / nu % mine);
      const int j = i % nu;
      float action = 0.0F;
      if (m < count) {
        const float* const column = knots + m * size_ + j;
        if (s_.interpolation == nullptr) {
          action = column[t * nu];
        } else {
          for (int k = 0; k < s_.knots; ++k) action += s_.interpolation[t * s_.knots + k] * column[k * nu];
        }
      }
      at(t, m)[j] = action;
    });
  }

 private:
  WM_BLOCK int share(int size) const { return (size - exec_.member + exec_.members - 1) / exec_.members; }
  WM_BLOCK int of_share(int i) const { return exec_.member + i * exec_.members; }

  // White noise in `drawn` becomes coloured, a column of knots at a time.
  WM_BLOCK void paint(const Drawn& d) {
    exec_.parallel(share(d.size) * s_.nu, [&](int i) {
      const int k = d.first + of_share(i / s_.nu);
      if (k <= d.kept || k >= d.count) return;
      float* const column = state_.drawn + k * size_ + i % s_.nu;
      float white[kMaxKnots];
      for (int m = 0; m < s_.knots; ++m) white[m] = column[m * s_.nu];
      for (int m = 0; m < s_.knots; ++m) {
        float sum = 0.0F;
        for (int n = 0; n < s_.knots; ++n) sum += s_.colour[m * s_.knots + n] * white[n];
        column[m * s_.nu] = sum;
      }
    });
  }

  Exec& exec_;
  const SearchProblem& problem_;
  const Settings& s_;
  State& state_;
  int size_;
};

}  // namespace wm::gpu
