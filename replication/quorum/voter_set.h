#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "base/io/net.h"
#include "base/util/types.h"
#include "base/util/uuid.h"

namespace weir::replication {

/// One member of the metadata quorum and where its peers reach it. The directory id is zero in a static voter set
/// (kraft.version 0).
struct Voter {
  BrokerId id = kNoBroker;
  Uuid directory_id;
  io::Endpoint endpoint;
  bool operator==(const Voter&) const = default;
};

/// Who votes. Static today (controller.quorum.voters); everything asks this class, so that VotersRecord (KIP-853) has
/// one place to change it.
class VoterSet {
 public:
  VoterSet() = default;
  explicit VoterSet(std::vector<Voter> voters) : voters_(std::move(voters)) {
    std::sort(voters_.begin(), voters_.end(), [](const Voter& a, const Voter& b) { return a.id < b.id; });
  }
  const std::vector<Voter>& all() const { return voters_; }
  size_t size() const { return voters_.size(); }
  size_t majority() const { return voters_.size() / 2 + 1; }
  const Voter* find(BrokerId id) const {
    for (const Voter& v : voters_)
      if (v.id == id) return &v;
    return nullptr;
  }
  bool contains(BrokerId id) const { return find(id) != nullptr; }
  /// Position of `id` among the voters without `other` (the lost leader): who campaigns first. 0 when it is no voter.
  size_t rank(BrokerId id, BrokerId other) const {
    size_t n = 0;
    for (const Voter& v : voters_) {
      if (v.id == id) return n;
      if (v.id != other) n++;
    }
    return 0;
  }

 private:
  std::vector<Voter> voters_;
};

}  // namespace weir::replication
