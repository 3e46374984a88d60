// Memory that each thread keeps from call to call.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace clr {

// It lies in huge pages where the system lends them: with small ones the products of the transformed tiles take a third
// longer, looking pages up.
class Scratch {
 public:
  // Room for so many floats, whose values are left as they come. The next call with this number takes it again.
  static float* take(int number, size_t floats) {
    static thread_local Scratch kept[3];
    Scratch& scratch = kept[number];
    if (scratch.floats_ < floats) scratch.grow(floats);
    return scratch.at_;
  }

 private:
  static constexpr size_t kHugePage = size_t{2} << 20;

  Scratch() = default;
  ~Scratch() { std::free(at_); }

  void grow(size_t floats) {
    std::free(at_);
    const size_t bytes = (floats * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
    at_ = static_cast<float*>(std::aligned_alloc(kHugePage, bytes));
    floats_ = at_ ? bytes / sizeof(float) : 0;
    if (!at_) throw std::bad_alloc();
    madvise(at_, bytes, MADV_HUGEPAGE);
  }

  float* at_ = nullptr;
  size_t floats_ = 0;
};

}  // namespace clr
