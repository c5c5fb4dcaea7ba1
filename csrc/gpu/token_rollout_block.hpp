// A group of candidates through the whole horizon by a team of blocks, and its price: a Rollout for
// search_block.hpp.
//
// Actions are embedded before the first frame and latents priced after the last, for all steps at once in
// tiles that the members share, so that their weights are read once a tile and not once a step.
#pragma once

#include "token_frame.hpp"

namespace wm::gpu {

template <class Exec>
class TokenRolloutBlock {
 public:
  // `memory` and `inbox` are of the sizes that carve() and carve_inbox() say.
  WM_BLOCK TokenRolloutBlock(Exec& exec, const TokenProblem& problem, char* memory, char* inbox)
      : exec_(exec),
        problem_(problem),
        p_(problem.predictor),
        m_(carve(problem, memory)),
        inbox_(carve_inbox(problem, inbox)),
        team_(carve_team(problem, problem.teams + exec.team * carve_team(problem, nullptr).bytes)),
        frame_(exec, problem, m_, inbox_, team_),
        terms_(exec, problem.terms, p_.latent, p_.nu, m_.terms) {
    // What pads an operand stays zero.
    clear(memory, m_.bytes);
    clear(inbox, inbox_.bytes);
  }

  WM_BLOCK int size() const { return problem_.shape.candidates; }
  WM_BLOCK float* action(int t, int m) { return team_.actions + (m * problem_.settings.horizon + t) * p_.nu; }

  // Keys and values of the frames before the newest, for all teams; until the grid's barrier.
  WM_BLOCK void prepare() {
    const int before = p_.history - 1;
    if (exec_.team != 0 || before == 0) return;
    exec_.team_barrier();
    embed_actions(problem_.past_actions, before);
    frame_.start();
    for (int f = 0; f < before; ++f) {
      Frame frame;
      frame.index = f;
      frame.latents = problem_.latents + f * p_.latent;
      frame.actions = problem_.past_actions + f * p_.nu;
      frame.conditions = team_.conditions + f * padded(p_.embedding);
      frame.last = f + 1 == before;
      frame_.run(frame);
    }
  }

  // Costs (count,) of the actions.
  WM_BLOCK_ONCE const float* run(int count) {
    const int H = problem_.settings.horizon;
    exec_.team_barrier();  // all actions are there
    embed_actions(team_.actions, count * H);
    frame_.start();
    for (int t = 0; t < H; ++t) {
      Frame frame;
      frame.index = p_.history - 1 + t;
      frame.candidates = count;
      frame.latents =
          t == 0 ? problem_.latents + (p_.history - 1) * p_.latent : team_.latents + (t - 1) * p_.latent;
      frame.latent_step = t == 0 ? 0 : H * p_.latent;
      frame.actions = team_.actions + t * p_.nu;
      frame.action_step = H * p_.nu;
      frame.conditions = team_.conditions + t * padded(p_.embedding);
      frame.condition_step = H * padded(p_.embedding);
      frame.next = team_.latents + t * p_.latent;
      frame.next_step = H * p_.latent;
      frame.last = t + 1 == H;
      frame_.run(frame);
    }
    price(count * H);
    exec_.team_barrier();
    if (exec_.member == 0) {
      exec_.parallel(count, [&](int c) {
        float cost = 0.0F;
        for (int t = 0; t < H; ++t) cost += team_.prices[c * H + t];
        team_.costs[c] = cost;
      });
    }
    return team_.costs;
  }

 private:
  // The latents after some steps, whoever's they are; beyond the last one, the last one again.
  struct Steps {
    const TokenProblem& problem;
    const TeamMemory& team;
    int first;
    int count;

    WM_BLOCK int at(int m) const { return smaller(first + m, count - 1); }
    WM_BLOCK int step(int m) const { return at(m) % problem.settings.horizon; }
    WM_BLOCK const float* latent(int m) const { return team.latents + at(m) * problem.predictor.latent; }
    WM_BLOCK const float* action(int m) const { return team.actions + at(m) * problem.predictor.nu; }
    WM_BLOCK const float* previous(int m) const {
      const TokenPredictor& p = problem.predictor;
      if (step(m) > 0) return action(m) - p.nu;
      return p.history > 1 ? problem.past_actions + (p.history - 2) * p.nu : action(m);
    }
  };

  WM_BLOCK void clear(char* memory, std::size_t bytes) {
    exec_.parallel(static_cast<int>(bytes / sizeof(float)),
                   [&](int i) { reinterpret_cast<float*>(memory)[i] = 0.0F; });
  }

  // Conditions of `count` actions (count, nu).
  WM_BLOCK void embed_actions(const float* actions, int count) {
    if (p_.embedding == 0) return;
    clear(m_.shared, m_.shared_bytes);
    for (int first = exec_.member * kTile; first < count; first += exec_.members * kTile) {
      exec_.parallel(kTile * p_.nu, [&](int i) {
        const int at = smaller(first + i / p_.nu, count - 1);
        m_.actions[i / p_.nu * padded(p_.nu) + i % p_.nu] = to_bf16(actions[at * p_.nu + i % p_.nu]);
      });
      const int stride = padded(p_.embedding);
      exec_.product(p_.action, m_.actions, padded(p_.nu),
                    [&](int i, int m, float y) { m_.embedding[m * stride + i] = to_bf16(gelu(y)); });
      exec_.product(p_.action2, m_.embedding, stride, [&](int i, int m, float y) {
        if (first + m < count) team_.conditions[(first + m) * stride + i] = to_bf16(y);
      });
    }
    exec_.team_barrier();
  }

  WM_BLOCK void price(int count) {
    clear(m_.shared, m_.shared_bytes);
    for (int first = exec_.member * kTile; first < count; first += exec_.members * kTile) {
      terms_.clear();
      terms_.add(Steps{problem_, team_, first, count});
      exec_.parallel(smaller(kTile, count - first),
                     [&](int m) { team_.prices[first + m] = m_.terms.costs[m]; });
    }
  }

  Exec& exec_;
  const TokenProblem& problem_;
  const TokenPredictor& p_;
  TokenMemory m_;
  Inbox inbox_;
  TeamMemory team_;
  TokenFrame<Exec> frame_;
  TermsBlock<Exec> terms_;
};

}  // namespace wm::gpu
