// The loss of a classifier and the penalty of its weights, with their gradients, as tfjs has them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "product.h"

namespace clr {

// Where tfjs clips probabilities. A NaN stays one.
constexpr float kLeast = 1e-7f, kMost = 1 - 1e-7;
inline float clip(float p) { return std::max(std::min(p, kMost), kLeast); }

// Of each row of probabilities p, which are divided by their sum: minus the sum of target times log p.
inline void crossEntropy(const float* p, const float* target, int rows, int classes, float* loss) {
  for (int row = 0; row < rows; ++row, p += classes, target += classes) {
    const float sum = std::accumulate(p, p + classes, 0.f);
    loss[row] = 0;
    for (int i = 0; i < classes; ++i) loss[row] -= target[i] * std::log(clip(p[i] / sum));
  }
}

inline void crossEntropyGradient(const float* p, const float* target, const float* dloss, int rows, int classes, float* dp) {
  for (int row = 0; row < rows; ++row, p += classes, target += classes, dp += classes) {
    const float sum = std::accumulate(p, p + classes, 0.f);
    float mean = 0;
    for (int i = 0; i < classes; ++i) {
      const float share = p[i] / sum;
      const bool clipped = share < kLeast || share > kMost;
      dp[i] = clipped ? 0 : -dloss[row] * target[i] / share;
      mean += dp[i] * share;
    }
    for (int i = 0; i < classes; ++i) dp[i] = (dp[i] - mean) / sum;
  }
}

inline float sumOfSquares(const float* x, int64_t size) {
  Vector sums = {};
  int64_t i = 0;
  for (; i + kLanes <= size; i += kLanes) sums += load(x + i) * load(x + i);
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += sums[lane];
  for (; i < size; ++i) sum += x[i] * x[i];
  return sum;
}

}  // namespace clr
