// Local response normalization within a channel, as Caffe has it, and its gradient: a pass over each image where TensorFlow
// takes one for each of a dozen operations.
//
// With s = 1 + alpha / size^2 times the sum of squares over a size x size square around x, zeros outside of the image:
// y = x s^-beta, and dx = dy s^-beta - 2 alpha beta / size^2 x times the sum of dy x s^(-beta - 1) over the same square.
#pragma once

#include <algorithm>
#include <cmath>

#include "scratch.h"
#include "team.h"

namespace clr {

class LocalResponseNormalization {
 public:
  // Images [n][height][width][channels]; size is odd.
  LocalResponseNormalization(int images, int height, int width, int channels, int size, float alpha, float beta)
      : images_(images), height_(height), row_(width * channels), channels_(channels), margin_(size / 2),
        share_(alpha / (static_cast<float>(size) * size)), beta_(beta) {}

  void normalize(const float* x, float* y) const {
    eachImage([=](ptrdiff_t at, int size) {
      const float* const power = powers(scales(x + at));
      for (int i = 0; i < size; ++i) y[at + i] = x[at + i] * power[i];
    });
  }

  void gradient(const float* x, const float* dy, float* dx) const {
    const float factor = 2 * share_ * beta_;
    eachImage([=](ptrdiff_t at, int size) {
      float* const scale = scales(x + at);
      float* const power = powers(scale);
      for (int i = 0; i < size; ++i) {
        dx[at + i] = dy[at + i] * power[i];
        power[i] = dx[at + i] * x[at + i] / scale[i];
      }
      squareSums(power, scale);
      for (int i = 0; i < size; ++i) dx[at + i] -= factor * x[at + i] * scale[i];
    });
  }

 private:
  template <typename Work>
  void eachImage(const Work& work) const {
    const int size = height_ * row_;
    Team::shared().run(images_, [&](int image) { work(static_cast<ptrdiff_t>(image) * size, size); });
  }

  // s of each number of an image, in the first room.
  float* scales(const float* x) const {
    const int size = height_ * row_;
    float* const scale = Scratch::take(0, size);
    float* const squares = Scratch::take(1, size);
    for (int i = 0; i < size; ++i) squares[i] = x[i] * x[i];
    squareSums(squares, scale);
    for (int i = 0; i < size; ++i) scale[i] = 1 + share_ * scale[i];
    return scale;
  }

  // s^-beta, in the second room. Caffe's exponent is two roots, which are exact and quick.
  float* powers(const float* scale) const {
    const int size = height_ * row_;
    float* const power = Scratch::take(1, size);
    if (beta_ == 0.75f) {
      for (int i = 0; i < size; ++i) {
        const float root = std::sqrt(scale[i]);
        power[i] = 1 / (root * std::sqrt(root));
      }
    } else {
      for (int i = 0; i < size; ++i) power[i] = std::pow(scale[i], -beta_);
    }
    return power;
  }

  // The sums over the square around each number, first along the rows, then across them.
  void squareSums(const float* from, float* to) const {
    float* const sums = Scratch::take(2, height_ * row_);
    for (int row = 0; row < height_; ++row) {
      const ptrdiff_t at = static_cast<ptrdiff_t>(row) * row_;
      std::copy_n(from + at, row_, sums + at);
      for (int distance = channels_; distance <= margin_ * channels_ && distance < row_; distance += channels_) {
        addTo(sums + at, from + at + distance, row_ - distance);
        addTo(sums + at + distance, from + at, row_ - distance);
      }
    }
    for (int row = 0; row < height_; ++row) {
      float* const sum = to + static_cast<ptrdiff_t>(row) * row_;
      std::fill_n(sum, row_, 0.f);
      for (int near = std::max(0, row - margin_); near <= std::min(height_ - 1, row + margin_); ++near) {
        addTo(sum, sums + static_cast<ptrdiff_t>(near) * row_, row_);
      }
    }
  }

  static void addTo(float* sum, const float* values, int count) {
    for (int i = 0; i < count; ++i) sum[i] += values[i];
  }

  const int images_, height_, row_, channels_, margin_;
  const float share_, beta_;
};

}  // namespace clr
