#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The voters of the metadata quorum from here on (KIP-853).
struct VotersRecord {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct Endpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Host", host);
      v.field("Port", port);
    }
  };

  struct KRaftVersionFeature {
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    bool operator==(const KRaftVersionFeature&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MinSupportedVersion", min_supported_version);
      v.field("MaxSupportedVersion", max_supported_version);
    }
  };

  struct Voter {
    int32_t voter_id = 0;
    weir::Uuid voter_directory_id;
    std::vector<Endpoint> endpoints;
    KRaftVersionFeature kraft_version_feature;
    bool operator==(const Voter&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("VoterId", voter_id);
      v.field("VoterDirectoryId", voter_directory_id);
      v.field("Endpoints", endpoints);
      v.field("KRaftVersionFeature", kraft_version_feature);
    }
  };

  int16_t version = 0;
  std::vector<Voter> voters;
  bool operator==(const VotersRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Version", version);
    v.field("Voters", voters);
  }
};

}  // namespace weir::wire
