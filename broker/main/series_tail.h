#pragma once
#include <map>
#include <memory>
#include <string>

#include "broker/main/partition_client.h"
#include "processor/plan/plan.h"
#include "web/backend.h"

namespace weir::main {

/// Follows the output topics of jobs and pushes each row to the dashboard as soon as it is committed. A result is a
/// topic first: what the page shows is what a consumer would read. Lives on the shard's thread.
class SeriesTails {
 public:
  SeriesTails(broker::Services& node, PartitionClient& partitions) : node_(node), partitions_(partitions) {}
  ~SeriesTails() { clear(); }

  void set_sink(std::shared_ptr<web::SeriesSink> sink);
  /// Follows the outputs of this job from now on, beginning with its newest rows.
  void follow(const std::string& job, const processor::CompiledJob& compiled);
  void forget(const std::string& job);
  bool follows(const std::string& job) const { return tails_.contains(job); }
  void clear();

 private:
  struct Tail;
  void start(const std::shared_ptr<Tail>& tail);
  broker::Services& node_;
  PartitionClient& partitions_;
  std::shared_ptr<web::SeriesSink> sink_;
  std::multimap<std::string, std::shared_ptr<Tail>> tails_;
};

}  // namespace weir::main
