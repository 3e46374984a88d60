// Products of small matrices that lie in the cache: the inner loop of every convolution here.
#pragma once

#include <cstddef>

namespace clr {

// The floats that one instruction works on. The code is the same for all; compiled for AVX2 they are 8, for AVX512 16.
#if defined(__AVX512F__)
constexpr int kLanes = 16;
#else
constexpr int kLanes = 8;
#endif
typedef float Vector __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

inline Vector load(const float* from) { return *reinterpret_cast<const Vector*>(from); }
inline void store(float* to, Vector value) { *reinterpret_cast<Vector*>(to) = value; }

// A matrix on the right is cut into panels of so many columns, each contiguous: [columns / kPanel][rows][kPanel].
constexpr int kPanel = 16;
// Rows of the result that are summed in registers at once: 12 (AVX2) or 14 (AVX512) sums hide an addition's latency.
constexpr int kRows = kLanes == 16 ? 14 : 6;

// The matrix on the left, read number by number: element (row, depth) is at[row * row_step + depth * depth_step].
struct Left {
  const float* at;
  ptrdiff_t row_step, depth_step;
};

// Where a result lies, or what its sums start from: panel by panel, row by row.
template <typename Float>
struct Rows {
  Float* at;
  ptrdiff_t row_step, panel_step;
};
template <typename Float>
inline Rows<Float> inPanels(Float* at, int rows) {
  return {at, kPanel, static_cast<ptrdiff_t>(rows) * kPanel};
}
template <typename Float>
inline Rows<Float> rowMajor(Float* at, ptrdiff_t columns) {
  return {at, columns, kPanel};
}
// The same row for all: zeros, or a bias where there is one.
inline Rows<const float> everyRow(const float* bias) {
  static const float zeros[kPanel] = {};
  return {bias ? bias : zeros, 0, bias ? kPanel : 0};
}
inline Rows<const float> more(Rows<float> c) { return {c.at, c.row_step, c.panel_step}; }

template <int kCount>
inline void fewRows(Left a, const float* b, Rows<const float> start, Rows<float> c, int depth) {
  constexpr int kVectors = kPanel / kLanes;
  Vector sums[kCount][kVectors];
#pragma GCC unroll 16
  for (int row = 0; row < kCount; ++row) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[row][v] = load(start.at + row * start.row_step + v * kLanes);
  }
  for (int k = 0; k < depth; ++k) {
    Vector right[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) right[v] = load(b + k * kPanel + v * kLanes);
#pragma GCC unroll 16
    for (int row = 0; row < kCount; ++row) {
      const float left = a.at[row * a.row_step + k * a.depth_step];
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) sums[row][v] += left * right[v];
    }
  }
#pragma GCC unroll 16
  for (int row = 0; row < kCount; ++row) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) store(c.at + row * c.row_step + v * kLanes, sums[row][v]);
  }
}

// One panel of the product, kCount rows at a time, then what is left with fewer.
template <int kCount = kRows>
inline void panelProduct(Left a, const float* b, Rows<const float> start, Rows<float> c, int rows, int depth) {
  for (; rows >= kCount; rows -= kCount) {
    fewRows<kCount>(a, b, start, c, depth);
    a.at += kCount * a.row_step;
    start.at += kCount * start.row_step;
    c.at += kCount * c.row_step;
  }
  if constexpr (kCount > 1) {
    if (rows > 0) panelProduct<kCount - 1>(a, b, start, c, rows, depth);
  }
}

// C = start + A B, where B is in panels and columns is a multiple of kPanel.
inline void product(Left a, const float* b, Rows<const float> start, Rows<float> c, int rows, int depth, int columns) {
  for (int panel = 0; panel < columns / kPanel; ++panel) {
    panelProduct(a, b, start, c, rows, depth);
    b += static_cast<ptrdiff_t>(depth) * kPanel;
    start.at += start.panel_step;
    c.at += c.panel_step;
  }
}

}  // namespace clr
