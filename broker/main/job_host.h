#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/io/runtime.h"
#include "broker/node.h"
#include "web/backend.h"

namespace weir::main {

/// The jobs that run on this node: those of the cluster while this node leads `__weir_jobs`. Its calls are made on the shard's thread.
class JobHost {
 public:
  JobHost(io::Runtime& runtime, broker::Node& node) : runtime_(runtime), node_(node) {}
  /// The node serves.
  void start() {}
  /// Checkpoints and ends what runs. `done` is called once.
  void stop(std::function<void()> done) { done(); }
  web::JobsView view() { return {runtime_.wall_now(), {}}; }
  void set_series_sink(std::shared_ptr<web::SeriesSink>) {}

 private:
  io::Runtime& runtime_;
  [[maybe_unused]] broker::Node& node_;
};

}  // namespace weir::main
