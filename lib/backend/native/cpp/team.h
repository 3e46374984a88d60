// Threads that share one piece of work at a time. A part's number decides what it computes, never which thread takes it, so
// that results repeat number for number.
#pragma once

#include <sched.h>
#include <xmmintrin.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

namespace clr {

// Numbers too small for a normal float count as 0, as in TensorFlow's own threads: processors are slow on them.
class FlushDenormals {
 public:
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero); }
  ~FlushDenormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  const unsigned before_;
};

class Team {
 public:
  // The process's team: one thread a processor that it may use, or TF_NUM_INTRAOP_THREADS, as TensorFlow's own. It is never
  // destroyed, since its threads may still wait when the process ends.
  static Team& shared() {
    static Team* const team = new Team(wanted());
    return *team;
  }

  int size() const { return size_; }

  // Runs work(0) to work(parts - 1), and returns when all have ended.
  void run(int parts, const std::function<void(int)>& work) {
    const std::lock_guard<std::mutex> one_at_a_time(calls_);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      parts_ = parts;
      next_ = 0;
      busy_ = size_ - 1;
      ++turn_;
    }
    start_.notify_all();
    takeParts();
    std::unique_lock<std::mutex> lock(mutex_);
    end_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  explicit Team(int size) {
    try {
      for (; size_ < size; ++size_) std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      // the system allows no more threads, so make do with these
    }
  }

  static int wanted() {
    const char* const set = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int count = set ? std::atoi(set) : 0;
    if (count > 0) return count;
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return std::max(1, CPU_COUNT(&allowed));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  }

  void serve() {
    for (long seen = 0;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        start_.wait(lock, [&] { return turn_ != seen; });
        seen = turn_;
      }
      takeParts();
      const std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) end_.notify_one();
    }
  }

  void takeParts() {
    const FlushDenormals flush;
    for (int part = next_++; part < parts_; part = next_++) (*work_)(part);
  }

  int size_ = 1;  // the caller's own thread
  std::mutex calls_, mutex_;
  std::condition_variable start_, end_;
  const std::function<void(int)>* work_ = nullptr;
  std::atomic<int> next_{0};
  int parts_ = 0, busy_ = 0;
  long turn_ = 0;
};

}  // namespace clr
