#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// First record of a quorum leader's epoch: who voted for it (KIP-595).
struct LeaderChangeMessage {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct Voter {
    int32_t voter_id = 0;
    weir::Uuid voter_directory_id;
    bool operator==(const Voter&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("VoterId", voter_id);
      v.field("VoterDirectoryId", voter_directory_id, since(1));
    }
  };

  int16_t version = 0;
  int32_t leader_id = 0;
  std::vector<Voter> voters;
  std::vector<Voter> granting_voters;
  bool operator==(const LeaderChangeMessage&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Version", version);
    v.field("LeaderId", leader_id);
    v.field("Voters", voters);
    v.field("GrantingVoters", granting_voters);
  }
};

}  // namespace weir::wire
