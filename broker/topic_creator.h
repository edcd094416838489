#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "broker/services.h"

namespace weir::broker {

/// Makes topics on behalf of clients and of the node itself (internal topics), and waits until this node's metadata
/// shows them with leaders, so that the answer that made a topic already names its leader. One creation per name at a
/// time; later askers join it.
class TopicCreator {
 public:
  explicit TopicCreator(io::Runtime& runtime) : runtime_(runtime) {}
  /// Set once the node is put together.
  void attach(Services& node) { node_ = &node; }

  /// `done(none)` when the topic exists in this node's image with a leader for every partition, else why not. Internal
  /// topics (`__consumer_offsets`, `__weir_…`) are made with their own counts and configs.
  void ensure(const std::string& topic, std::function<void(ErrorCode)> done);

 private:
  void finish(const std::string& topic, ErrorCode code);
  io::Runtime& runtime_;
  Services* node_ = nullptr;
  std::map<std::string, std::vector<std::function<void(ErrorCode)>>> waiting_;
};

/// Producer ids from blocks of 1000 that the controller hands out (KIP-730).
class ProducerIds {
 public:
  void attach(Services& node) { node_ = &node; }
  void next(std::function<void(Result<ProducerId>)> done);

 private:
  void fetch_block();
  Services* node_ = nullptr;
  ProducerId next_ = 0, end_ = 0;
  bool fetching_ = false;
  std::vector<std::function<void(Result<ProducerId>)>> waiting_;
};

}  // namespace weir::broker
