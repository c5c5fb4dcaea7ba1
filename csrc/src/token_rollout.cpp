#include "wm/token_rollout.hpp"

#include <cmath>

namespace wm {

TokenRollout::TokenRollout(const TokenPredictorView& predictor, std::size_t threads, const TileKernel& kernel)
    : kernel_(kernel),
      store_(kernel),
      predictor_(predictor.sizes),
      time_(predictor.time.data, predictor.time.data + predictor.time.size),
      place_(predictor.place.data, predictor.place.data + predictor.place.rows * predictor.place.cols),
      pool_(threads),
      workspaces_(pool_) {
  const auto pack = [this](const LinearView& layer) {
    return layer.weight.rows == 0 ? PackedLinear{} : store_.pack(layer);
  };
  for (const TokenBlockView& block : predictor.blocks) {
    blocks_.push_back(
        {pack(block.modulation), pack(block.qkv), pack(block.attention), pack(block.up), pack(block.down)});
  }
  predictor_.input = pack(predictor.input);
  predictor_.action = pack(predictor.action);
  predictor_.action2 = pack(predictor.action2);
  predictor_.proprio = pack(predictor.proprio);
  const MatrixView& motion = predictor.motion;
  if (motion.rows > 0) predictor_.motion = store_.keep({motion.data, motion.rows * motion.cols});
  predictor_.blocks = {blocks_.data(), blocks_.size()};
  predictor_.output = pack(predictor.output);
}

void TokenRollout::imagine(const QueryView& query, float* latents) {
  auto job = job_of<TokenJob>(query);
  job.imagined = latents;
  run(job);
}

void TokenRollout::price(const QueryView& query, const TermSet& terms, float* costs) {
  auto job = job_of<TokenJob>(query);
  job.terms = terms.view();
  job.costs = costs;
  run(job);
}

void TokenRollout::draw_and_price(const QueryView& query, const Draw& draw, const TermSet& terms,
                                  float* costs) {
  auto job = job_of<TokenJob>(query);
  job.draw = &draw;
  job.terms = terms.view();
  job.costs = costs;
  run(job);
}

void TokenRollout::run(TokenJob job) {
  const std::lock_guard turn(turn_);
  job.predictor = &predictor_;
  prepare(job);
  job.turns = turns_.data();
  job.observed = observed_.data();
  job.tried = tried_.data();
  kernel_.observe(job, workspaces_.of(0));
  // Drawn whole tiles at a time, rolled out group by group: one candidate where a frame fills a tile.
  each(job, kernel_.lanes, kernel_.draw_tokens);
  each(job, kernel_.token_group(predictor_), kernel_.run_tokens);
}

void TokenRollout::each(const TokenJob& job, std::size_t size, Part part) {
  struct Context {
    TokenRollout* self;
    const TokenJob* job;
    std::size_t size;
    Part part;
  } context{this, &job, size, part};
  const auto run = [](void* opaque, std::size_t item, std::size_t worker) {
    const Context& c = *static_cast<const Context*>(opaque);
    c.part(*c.job, item * c.size, c.self->workspaces_.of(worker));
  };
  pool_.run({run, &context}, (job.actions.samples + size - 1) / size);
}

// Everything that grows: angles of the frames, actions, memory of what was observed, workspaces.
void TokenRollout::prepare(const TokenJob& job) {
  const std::size_t frames = predictor_.history - 1 + job.actions.horizon;
  const std::size_t planes = predictor_.head / 2;
  const std::size_t frame_size = predictor_.rows * predictor_.head;
  for (std::size_t f = turns_.size() / frame_size; f < frames; ++f) {
    for (std::size_t row = 0; row < predictor_.rows; ++row) {
      for (std::size_t j = 0; j < planes; ++j) {
        const double angle = static_cast<double>(f) * time_[j] + place_[row * planes + j];
        turns_.push_back(static_cast<float>(std::cos(angle)));
        turns_.push_back(static_cast<float>(std::sin(angle)));
      }
    }
  }
  const std::size_t tiles = (job.actions.samples + kernel_.lanes - 1) / kernel_.lanes;
  const std::size_t tried = tiles * kernel_.lanes * job.actions.horizon * job.actions.nu;
  if (tried_.size() < tried) tried_ = AlignedFloats(tried);
  const std::size_t observed = kernel_.observed_size(job);
  if (observed_.size() < observed) observed_ = AlignedFloats(observed);
  workspaces_.reserve(kernel_.token_workspace(job));
}

}  // namespace wm
