// 3x3 and 5x5 convolutions of stride 1 by Winograd's minimal filtering F(4x4, 3x3) and F(4x4, 5x5) (Lavin and Gray, Fast
// Algorithms for Convolutional Neural Networks, 2015): 36 multiplications for 16 results of a channel, where the plain way
// takes 144; or 64, where it takes 400.
//
// A tile of 4x4 results comes from 6x6 or 8x8 pixels, the places; those become as many numbers a channel, and so does the
// filter. For each place, one matrix product over many tiles joins the channels. Inputs and outputs are multiples of kPanel.
// The points are 0, 1, -1, 2, -2 and infinity, and for 5x5 also 1/2 and -1/2.
#pragma once

#include <algorithm>

#include "product.h"
#include "scratch.h"
#include "team.h"

namespace clr {

constexpr int kTile = 4;
// Tiles that go through the products together: their numbers stay in the cache, and the filter's are read once for all.
// (24 and 96 are slower, 64 is as good.)
constexpr int kTiles = 48;

// The transforms along one dimension: B^T of input pixels, G of filters, A^T of results, and the last two transposed.
inline void inputTransform(const Vector (&d)[6], Vector (&to)[6]) {
  const Vector even = d[4] - 4 * d[2], odd = d[3] - 4 * d[1];
  const Vector wide_even = d[4] - d[2], wide_odd = 2 * (d[3] - d[1]);
  to[0] = 4 * d[0] - 5 * d[2] + d[4];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = wide_even + wide_odd;
  to[4] = wide_even - wide_odd;
  to[5] = 4 * d[1] - 5 * d[3] + d[5];
}

inline void inputTransform(const Vector (&d)[8], Vector (&to)[8]) {
  const Vector even = d[2] + d[6] - 4.25f * d[4], odd = d[1] + d[5] - 4.25f * d[3];
  const Vector wide_even = d[6] + 0.25f * d[2] - 1.25f * d[4], wide_odd = 0.5f * d[1] - 2.5f * d[3] + 2 * d[5];
  const Vector near_even = d[6] + 4 * d[2] - 5 * d[4], near_odd = 2 * d[1] - 2.5f * d[3] + 0.5f * d[5];
  to[0] = d[0] - d[6] + 5.25f * (d[4] - d[2]);
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = wide_even + wide_odd;
  to[4] = wide_even - wide_odd;
  to[5] = near_even + near_odd;
  to[6] = near_even - near_odd;
  to[7] = d[7] - d[1] + 5.25f * (d[3] - d[5]);
}

inline void filterTransform(const Vector (&g)[3], Vector (&to)[6]) {
  const Vector even = g[0] + g[2], wide_even = g[0] + 4 * g[2];
  to[0] = g[0] * (1 / 4.f);
  to[1] = (even + g[1]) * (-1 / 6.f);
  to[2] = (even - g[1]) * (-1 / 6.f);
  to[3] = (wide_even + 2 * g[1]) * (1 / 24.f);
  to[4] = (wide_even - 2 * g[1]) * (1 / 24.f);
  to[5] = g[2];
}

inline void filterTransform(const Vector (&g)[5], Vector (&to)[8]) {
  const Vector even = g[0] + g[2] + g[4], odd = g[1] + g[3];
  const Vector wide_even = g[0] + 4 * g[2] + 16 * g[4], wide_odd = 2 * g[1] + 8 * g[3];
  const Vector near_even = 16 * g[0] + 4 * g[2] + g[4], near_odd = 8 * g[1] + 2 * g[3];
  to[0] = g[0];
  to[1] = (even + odd) * (-2 / 9.f);
  to[2] = (even - odd) * (-2 / 9.f);
  to[3] = (wide_even + wide_odd) * (1 / 90.f);
  to[4] = (wide_even - wide_odd) * (1 / 90.f);
  to[5] = (near_even + near_odd) * (2 / 45.f);
  to[6] = (near_even - near_odd) * (2 / 45.f);
  to[7] = g[4];
}

inline void filterTransposed(const Vector (&u)[6], Vector (&to)[3]) {
  const Vector sum = (u[1] + u[2]) * (-1 / 6.f), difference = (u[1] - u[2]) * (-1 / 6.f);
  const Vector wide_sum = (u[3] + u[4]) * (1 / 24.f), wide_difference = (u[3] - u[4]) * (1 / 12.f);
  to[0] = u[0] * (1 / 4.f) + sum + wide_sum;
  to[1] = difference + wide_difference;
  to[2] = sum + 4 * wide_sum + u[5];
}

inline void filterTransposed(const Vector (&u)[8], Vector (&to)[5]) {
  const Vector sum = (u[1] + u[2]) * (-2 / 9.f), difference = (u[1] - u[2]) * (-2 / 9.f);
  const Vector wide_sum = (u[3] + u[4]) * (1 / 90.f), wide_difference = (u[3] - u[4]) * (1 / 90.f);
  const Vector near_sum = (u[5] + u[6]) * (2 / 45.f), near_difference = (u[5] - u[6]) * (2 / 45.f);
  to[0] = u[0] + sum + wide_sum + 16 * near_sum;
  to[1] = difference + 2 * wide_difference + 8 * near_difference;
  to[2] = sum + 4 * wide_sum + 4 * near_sum;
  to[3] = difference + 8 * wide_difference + 2 * near_difference;
  to[4] = sum + 16 * wide_sum + near_sum + u[7];
}

inline void outputTransform(const Vector (&m)[6], Vector (&to)[4]) {
  const Vector sum = m[1] + m[2], difference = m[1] - m[2];
  const Vector wide_sum = m[3] + m[4], wide_difference = m[3] - m[4];
  to[0] = m[0] + sum + wide_sum;
  to[1] = difference + 2 * wide_difference;
  to[2] = sum + 4 * wide_sum;
  to[3] = difference + 8 * wide_difference + m[5];
}

inline void outputTransform(const Vector (&m)[8], Vector (&to)[4]) {
  const Vector sum = m[1] + m[2], difference = m[1] - m[2];
  const Vector wide_sum = m[3] + m[4], wide_difference = m[3] - m[4];
  const Vector near_sum = m[5] + m[6], near_difference = m[5] - m[6];
  to[0] = m[0] + sum + wide_sum + near_sum;
  to[1] = difference + 2 * wide_difference + 0.5f * near_difference;
  to[2] = sum + 4 * wide_sum + 0.25f * near_sum;
  to[3] = difference + 8 * wide_difference + 0.125f * near_difference + m[7];
}

inline void outputTransposed(const Vector (&y)[4], Vector (&to)[6]) {
  const Vector even = y[0] + y[2], odd = y[1] + y[3];
  const Vector wide_even = y[0] + 4 * y[2], wide_odd = 2 * y[1] + 8 * y[3];
  to[0] = y[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = wide_even + wide_odd;
  to[4] = wide_even - wide_odd;
  to[5] = y[3];
}

inline void outputTransposed(const Vector (&y)[4], Vector (&to)[8]) {
  const Vector even = y[0] + y[2], odd = y[1] + y[3];
  const Vector wide_even = y[0] + 4 * y[2], wide_odd = 2 * y[1] + 8 * y[3];
  const Vector near_even = y[0] + 0.25f * y[2], near_odd = 0.5f * y[1] + 0.125f * y[3];
  to[0] = y[0];
  to[1] = even + odd;
  to[2] = even - odd;
  to[3] = wide_even + wide_odd;
  to[4] = wide_even - wide_odd;
  to[5] = near_even + near_odd;
  to[6] = near_even - near_odd;
  to[7] = y[3];
}

// The same along both dimensions: columns, then rows.
template <int kFrom, int kTo>
inline void transform(void (*along)(const Vector (&)[kFrom], Vector (&)[kTo]), const Vector (&from)[kFrom][kFrom],
                      Vector (&to)[kTo][kTo]) {
  Vector half[kTo][kFrom];
  for (int column = 0; column < kFrom; ++column) {
    Vector line[kFrom], result[kTo];
    for (int row = 0; row < kFrom; ++row) line[row] = from[row][column];
    along(line, result);
    for (int row = 0; row < kTo; ++row) half[row][column] = result[row];
  }
  for (int row = 0; row < kTo; ++row) along(half[row], to[row]);
}

// x is [images][height][width][inputs], the filter [taps][taps][inputs][outputs], y [images][out_height][out_width][outputs];
// y's first result is the filter at the pixel `top` above and `left` of x's first.
struct Shape {
  int images, height, width, inputs;
  int out_height, out_width, outputs;
  int top, left;
};

// kTaps is 3 or 5.
template <int kTaps>
class Winograd {
  static constexpr int kSide = kTile + kTaps - 1, kPlaces = kSide * kSide, kAllTaps = kTaps * kTaps;

 public:
  explicit Winograd(const Shape& shape) : s_(shape) {}

  // The bias, one number an output channel, may be null.
  void convolve(const float* x, const float* filter, const float* bias, float* y) const {
    convolve(x, filter, false, bias, y);
  }

  // It is a convolution too: of dy, by the filter turned by half a circle.
  void inputGradient(const float* dy, const float* filter, float* dx) const {
    const Shape turned = {s_.images, s_.out_height, s_.out_width, s_.outputs, s_.height, s_.width, s_.inputs,
                          kTaps - 1 - s_.top, kTaps - 1 - s_.left};
    Winograd(turned).convolve(dy, filter, true, nullptr, dx);
  }

  void filterGradient(const float* x, const float* dy, float* filter) const {
    const int parts = std::min(Team::shared().size(), blocks());
    float* const u = Scratch::take(0, parts * kPlaces * filterStep());
    Team::shared().run(parts, [&](int part) {
      float* const v = Scratch::take(1, kPlaces * tileStep(s_.inputs));
      float* const d = Scratch::take(2, kPlaces * tileStep(s_.outputs));
      const int from = blocks() * part / parts, to = blocks() * (part + 1) / parts;
      for (int block = from; block < to; ++block) {
        const int count = tilesIn(block);
        for (int t = 0; t < count; ++t) {
          transformInput(x, block * kTiles + t, v + t * s_.inputs);
          transformOutputGradient(dy, block * kTiles + t, t, count, d);
        }
        for (int place = 0; place < kPlaces; ++place) {
          product({v + place * tileStep(s_.inputs), 1, s_.inputs}, d + place * tileStep(s_.outputs),
                  u + (part * kPlaces + place) * filterStep(), s_.inputs, count, s_.outputs, block > from);
        }
      }
    });
    transformFilterGradient(u, parts, filter);
  }

 private:
  int tileRows() const { return (s_.out_height + kTile - 1) / kTile; }
  int tileColumns() const { return (s_.out_width + kTile - 1) / kTile; }
  int tiles() const { return s_.images * tileRows() * tileColumns(); }
  int blocks() const { return (tiles() + kTiles - 1) / kTiles; }
  int tilesIn(int block) const { return std::min(kTiles, tiles() - block * kTiles); }
  // From place to place; a line of the cache more than is needed, so that the places of a channel are not all in one set.
  static ptrdiff_t tileStep(int channels) { return static_cast<ptrdiff_t>(kTiles) * channels + kPanel; }
  ptrdiff_t filterStep() const { return pairs() + kPanel; }
  ptrdiff_t pairs() const { return static_cast<ptrdiff_t>(s_.inputs) * s_.outputs; }

  // Where a tile's pixels lie; null outside the image.
  template <typename Float, int kLength>
  struct Window {
    Float* pixels[kLength][kLength];
    Window(Float* images, int height, int width, int channels, int image, int top, int left) {
      for (int row = 0; row < kLength; ++row) {
        for (int column = 0; column < kLength; ++column) {
          const int y = top + row, x = left + column;
          const bool inside = y >= 0 && y < height && x >= 0 && x < width;
          const ptrdiff_t pixel = (static_cast<ptrdiff_t>(image) * height + y) * width + x;
          pixels[row][column] = inside ? images + pixel * channels : nullptr;
        }
      }
    }
    void read(int channel, Vector (&to)[kLength][kLength]) const {
      for (int i = 0; i < kLength * kLength; ++i) {
        Float* const pixel = pixels[i / kLength][i % kLength];
        to[i / kLength][i % kLength] = pixel ? load(pixel + channel) : Vector{};
      }
    }
  };

  Window<const float, kSide> inputWindow(const float* x, int tile) const {
    const int row = tile / tileColumns() % tileRows(), column = tile % tileColumns();
    return {x, s_.height, s_.width, s_.inputs, tile / tileColumns() / tileRows(), kTile * row - s_.top,
            kTile * column - s_.left};
  }

  template <typename Float>
  Window<Float, kTile> outputWindow(Float* y, int tile) const {
    const int row = tile / tileColumns() % tileRows(), column = tile % tileColumns();
    return {y, s_.out_height, s_.out_width, s_.outputs, tile / tileColumns() / tileRows(), kTile * row, kTile * column};
  }

  // Offset in panels of so many rows.
  static ptrdiff_t panelOffset(int row, int rows, int column) {
    return (static_cast<ptrdiff_t>(column / kPanel) * rows + row) * kPanel + column % kPanel;
  }

  void convolve(const float* x, const float* filter, bool turned, const float* bias, float* y) const {
    float* const u = Scratch::take(0, kPlaces * filterStep());
    transformFilter(filter, turned, u);
    Team::shared().run(blocks(), [&](int block) {
      float* const v = Scratch::take(1, kPlaces * tileStep(s_.inputs));
      float* const m = Scratch::take(2, kPlaces * tileStep(s_.outputs));
      const int count = tilesIn(block);
      for (int t = 0; t < count; ++t) transformInput(x, block * kTiles + t, v + t * s_.inputs);
      for (int place = 0; place < kPlaces; ++place) {
        product({v + place * tileStep(s_.inputs), s_.inputs, 1}, u + place * filterStep(),
                m + place * tileStep(s_.outputs), count, s_.inputs, s_.outputs, false);
      }
      for (int t = 0; t < count; ++t) transformOutput(m, t, count, block * kTiles + t, bias, y);
    });
  }

  // Of one tile, into [kPlaces][kTiles][inputs].
  void transformInput(const float* x, int tile, float* to) const {
    const auto window = inputWindow(x, tile);
    for (int c = 0; c < s_.inputs; c += kLanes) {
      Vector from[kSide][kSide], result[kSide][kSide];
      window.read(c, from);
      transform(inputTransform, from, result);
      for (int place = 0; place < kPlaces; ++place) {
        store(to + place * tileStep(s_.inputs) + c, result[place / kSide][place % kSide]);
      }
    }
  }

  // Of tile t of a block, into [kPlaces][panels of the block's tiles].
  void transformOutputGradient(const float* dy, int tile, int t, int count, float* to) const {
    const auto window = outputWindow(dy, tile);
    for (int k = 0; k < s_.outputs; k += kLanes) {
      Vector from[kTile][kTile], result[kSide][kSide];
      window.read(k, from);
      transform(outputTransposed, from, result);
      for (int place = 0; place < kPlaces; ++place) {
        store(to + place * tileStep(s_.outputs) + panelOffset(t, count, k), result[place / kSide][place % kSide]);
      }
    }
  }

  void transformOutput(const float* m, int t, int count, int tile, const float* bias, float* y) const {
    const auto window = outputWindow(y, tile);
    for (int k = 0; k < s_.outputs; k += kLanes) {
      Vector from[kSide][kSide], result[kTile][kTile];
      for (int place = 0; place < kPlaces; ++place) {
        from[place / kSide][place % kSide] = load(m + place * tileStep(s_.outputs) + panelOffset(t, count, k));
      }
      transform(outputTransform, from, result);
      const Vector add = bias ? load(bias + k) : Vector{};
      for (int i = 0; i < kTile * kTile; ++i) {
        float* const pixel = window.pixels[i / kTile][i % kTile];
        if (pixel) store(pixel + k, result[i / kTile][i % kTile] + add);
      }
    }
  }

  // Into [kPlaces][panels of inputs]. A filter that is turned is [kTaps][kTaps][outputs][inputs].
  void transformFilter(const float* filter, bool turned, float* to) const {
    Team::shared().run(s_.inputs / kPanel, [&](int part) {
      for (int c = part * kPanel; c < (part + 1) * kPanel; ++c) {
        for (int k = 0; k < s_.outputs; k += kLanes) {
          Vector from[kTaps][kTaps], result[kSide][kSide];
          for (int tap = 0; tap < kAllTaps; ++tap) {
            const float* const weights = filter + (turned ? kAllTaps - 1 - tap : tap) * pairs();
            Vector& taken = from[tap / kTaps][tap % kTaps];
            if (!turned) taken = load(weights + c * s_.outputs + k);
            for (int lane = 0; turned && lane < kLanes; ++lane) taken[lane] = weights[(k + lane) * s_.inputs + c];
          }
          transform(filterTransform, from, result);
          for (int place = 0; place < kPlaces; ++place) {
            store(to + place * filterStep() + panelOffset(c, s_.inputs, k), result[place / kSide][place % kSide]);
          }
        }
      }
    });
  }

  // From [parts][kPlaces][panels of inputs]: the parts are added in their order.
  void transformFilterGradient(const float* u, int parts, float* filter) const {
    Team::shared().run(s_.inputs / kPanel, [&](int panel) {
      for (int c = panel * kPanel; c < (panel + 1) * kPanel; ++c) {
        for (int k = 0; k < s_.outputs; k += kLanes) {
          Vector from[kSide][kSide], result[kTaps][kTaps];
          for (int place = 0; place < kPlaces; ++place) {
            Vector sum = {};
            for (int part = 0; part < parts; ++part) {
              sum += load(u + (part * kPlaces + place) * filterStep() + panelOffset(c, s_.inputs, k));
            }
            from[place / kSide][place % kSide] = sum;
          }
          transform(filterTransposed, from, result);
          for (int tap = 0; tap < kAllTaps; ++tap) {
            store(filter + tap * pairs() + c * s_.outputs + k, result[tap / kTaps][tap % kTaps]);
          }
        }
      }
    });
  }

  const Shape s_;
};

}  // namespace clr
