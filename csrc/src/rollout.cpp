#include "wm/rollout.hpp"

#include <algorithm>

namespace wm {

Rollout::Rollout(const PredictorView& predictor, std::size_t threads, const TileKernel& kernel)
    : kernel_(kernel), store_(kernel), pool_(threads), workspaces_(pool_) {
  const std::size_t T = predictor.history;
  const std::size_t latent = predictor.output.weight.rows;
  for (std::size_t j = 0; j < T; ++j) {
    input_.push_back(store_.pack_columns(predictor.input.weight, j * latent, latent));
  }
  for (const BlockView& block : predictor.blocks) {
    blocks_.push_back({store_.pack(block.modulation), store_.pack(block.up), store_.pack(block.down)});
  }
  predictor_.history = T;
  predictor_.latent = latent;
  predictor_.nu = predictor.action0.weight.cols / T;
  predictor_.width = predictor.input.weight.rows;
  predictor_.embedding = predictor.action0.weight.rows;
  predictor_.hidden = blocks_.empty() ? 0 : blocks_.front().up.rows;
  predictor_.input = {input_.data(), input_.size()};
  predictor_.action0 = store_.pack(predictor.action0);
  predictor_.action2 = store_.pack(predictor.action2);
  predictor_.blocks = {blocks_.data(), blocks_.size()};
  predictor_.output = store_.pack(predictor.output);

  observed_ = AlignedFloats(T * latent * predictor_.width);
  for (std::size_t row = 0; row < predictor_.width; ++row) {
    for (std::size_t k = 0; k < T * latent; ++k) {
      observed_.data()[k * predictor_.width + row] = predictor.input.weight.data[row * T * latent + k];
    }
  }
  shared_ = AlignedFloats((T + 1) * predictor_.width);
  std::copy_n(predictor.input.bias.data, predictor_.width, shared_.data() + T * predictor_.width);
}

void Rollout::imagine(const QueryView& query, float* latents) {
  auto job = job_of<Job>(query);
  job.imagined = latents;
  run(job);
}

void Rollout::price(const QueryView& query, const TermSet& terms, float* costs) {
  auto job = job_of<Job>(query);
  job.terms = terms.view();
  job.costs = costs;
  run(job);
}

void Rollout::draw_and_price(const QueryView& query, const Draw& draw, const TermSet& terms, float* costs) {
  auto job = job_of<Job>(query);
  job.draw = &draw;
  job.terms = terms.view();
  job.costs = costs;
  run(job);
}

void Rollout::run(Job job) {
  const std::lock_guard turn(turn_);
  job.predictor = &predictor_;
  add_history(job.latents);
  job.shared = shared_.data();
  workspaces_.reserve(kernel_.workspace_size(job));
  struct Context {
    Rollout* self;
    const Job* job;
  } context{this, &job};
  const auto tile = [](void* opaque, std::size_t item, std::size_t worker) {
    const Context& c = *static_cast<const Context*>(opaque);
    c.self->kernel_.run(*c.job, item * c.self->kernel_.lanes, c.self->workspaces_.of(worker));
  };
  pool_.run({tile, &context}, (job.actions.samples + kernel_.lanes - 1) / kernel_.lanes);
}

// The observed latents are the same for every candidate, so their share of the input layer is computed
// once: at step t the window's latents j < T − t are observed ones.
void Rollout::add_history(const MatrixView& latents) {
  const std::size_t T = predictor_.history;
  const std::size_t width = predictor_.width;
  const float* const bias = shared_.data() + T * width;
  for (std::size_t t = 0; t < T; ++t) {
    float* const row = shared_.data() + t * width;
    std::copy_n(bias, width, row);
    const float* const z = latents.data + t * latents.cols;
    for (std::size_t k = 0; k < (T - t) * latents.cols; ++k) {
      const float* const column = observed_.data() + k * width;
      for (std::size_t i = 0; i < width; ++i) row[i] += column[i] * z[k];
    }
  }
}

}  // namespace wm
