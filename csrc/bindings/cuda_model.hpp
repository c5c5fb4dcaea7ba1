// Predictors in GPU memory of their own, which searches read from other streams.
#pragma once

#include "device_memory.hpp"
#include "planner.hpp"
#include "token_model.hpp"

namespace wm::python {

struct CudaModel {
  gpu::DeviceMemory memory;
  gpu::Model model;

  explicit CudaModel(const PredictorView& predictor) : model(memory, predictor) { memory.wait(); }
};

struct CudaTokenModel {
  gpu::DeviceMemory memory;
  gpu::TokenModel model;

  explicit CudaTokenModel(const TokenPredictorView& predictor) : model(memory, predictor) { memory.wait(); }
};

}  // namespace wm::python
