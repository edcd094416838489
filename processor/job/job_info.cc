#include "processor/job/job_info.h"

#include <algorithm>
#include <bit>

namespace weir::processor {

std::string_view job_state_name(JobState s) {
  switch (s) {
    case JobState::created: return "created";
    case JobState::starting: return "starting";
    case JobState::running: return "running";
    case JobState::paused: return "paused";
    case JobState::failed: return "failed";
    case JobState::finished: return "finished";
    case JobState::dropped: return "dropped";
  }
  return "unknown";
}

namespace {

size_t bucket_of(uint64_t us) {
  if (us < 8) return us;
  auto top = static_cast<size_t>(std::bit_width(us)) - 1;  // >= 3
  return std::min<size_t>((top - 2) * 8 + ((us >> (top - 3)) & 7), 8 * 40 - 1);
}

int64_t upper_of(size_t bucket) {
  if (bucket < 8) return static_cast<int64_t>(bucket);
  size_t top = bucket / 8 + 2;
  return static_cast<int64_t>(((8 + bucket % 8 + 1) << (top - 3)) - 1);
}

}  // namespace

void LatencyHistogram::record(Duration d, uint64_t times) {
  int64_t us = std::max<int64_t>(0, d.count() / 1000);
  buckets_[bucket_of(static_cast<uint64_t>(us))] += times;
  count_ += times;
}

int64_t LatencyHistogram::quantile_us(double q) const {
  if (count_ == 0) return 0;
  auto rank = static_cast<uint64_t>(q * static_cast<double>(count_ - 1));
  uint64_t seen = 0;
  for (size_t b = 0; b < buckets_.size(); ++b) {
    seen += buckets_[b];
    if (seen > rank) return upper_of(b);
  }
  return upper_of(buckets_.size() - 1);
}

}  // namespace weir::processor
