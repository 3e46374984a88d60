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

// The matrix on the right and the result are cut into panels of so many columns: [columns / kPanel][rows][kPanel].
constexpr int kPanel = 16;
// Rows of the result that are summed in registers at once: 12 vectors of sums, which hide an addition's latency.
constexpr int kRows = 12 * kLanes / kPanel;

// The matrix on the left, read number by number: element (row, depth) is at[row * row_step + depth * depth_step].
struct Left {
  const float* at;
  ptrdiff_t row_step, depth_step;
};

template <int kCount>
inline void fewRows(Left a, const float* b, float* c, int depth, bool add) {
  constexpr int kVectors = kPanel / kLanes;
  Vector sums[kCount][kVectors];
#pragma GCC unroll 16
  for (int row = 0; row < kCount; ++row) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) sums[row][v] = add ? load(c + row * kPanel + v * kLanes) : Vector{};
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
    for (int v = 0; v < kVectors; ++v) store(c + row * kPanel + v * kLanes, sums[row][v]);
  }
}

// One panel of the product, kCount rows at a time, then what is left with fewer.
template <int kCount = kRows>
inline void panelProduct(Left a, const float* b, float* c, int rows, int depth, bool add) {
  for (; rows >= kCount; rows -= kCount) {
    fewRows<kCount>(a, b, c, depth, add);
    a.at += kCount * a.row_step;
    c += kCount * kPanel;
  }
  if constexpr (kCount > 1) {
    if (rows > 0) panelProduct<kCount - 1>(a, b, c, rows, depth, add);
  }
}

// C = A B, or C += A B with `add`. B and C are in panels; columns is a multiple of kPanel.
inline void product(Left a, const float* b, float* c, int rows, int depth, int columns, bool add) {
  for (int panel = 0; panel < columns / kPanel; ++panel) {
    panelProduct(a, b, c, rows, depth, add);
    b += static_cast<ptrdiff_t>(depth) * kPanel;
    c += static_cast<ptrdiff_t>(rows) * kPanel;
  }
}

}  // namespace clr
