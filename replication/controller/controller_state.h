#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/util/rng.h"
#include "base/wire/records/metadata_record.h"
#include "replication/controller/controller_options.h"
#include "replication/controller/partition_change.h"
#include "replication/decider/decider.h"
#include "replication/metadata/image_builder.h"

namespace weir::replication {

/// What the controller decides on: the metadata with everything it has appended, committed or not. Made of the
/// committed image when the node becomes the active controller, dropped when it stops being it.
class ControllerState {
 public:
  explicit ControllerState(const MetadataImage& committed) : builder_(committed) {}
  void replay(const wire::MetadataRecord& record) { builder_.replay(record); }
  const MetadataImage& image() const { return builder_.state(); }

 private:
  ImageBuilder builder_;
};

using MetadataRecords = std::vector<wire::MetadataRecord>;
template <class Response>
using ControllerDecision = Decision<wire::MetadataRecord, Response>;

/// What every decision may read beside the state.
struct ControllerContext {
  const MetadataImage& image;
  const ControllerOptions& options;
  Random& random;
  Offset log_end = 0;  // where the decision's first record goes
  LastChoice last_choice = {};
};

/// An error of one part of a request, with Kafka's words for the client.
struct PartError {
  ErrorCode code = ErrorCode::none;
  std::string message;
};

}  // namespace weir::replication
