#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/io/runtime.h"
#include "broker/main/job_bridge.h"
#include "broker/main/job_status.h"
#include "broker/main/partition_client.h"
#include "broker/main/series_tail.h"
#include "broker/node.h"
#include "processor/job/job_worker.h"
#include "web/backend.h"

namespace weir::main {

inline constexpr const char* kJobsTopic = "__weir_jobs";

/// The cluster's jobs. `__weir_jobs` holds their definitions, states and checkpoints ("job/NAME", "status/NAME",
/// "checkpoint/ID"); the node that leads it runs them, so a job moves with that leadership and goes on from its last
/// checkpoint. Every node that holds a replica shows them. Lives on the shard's thread; the runners on a worker's.
class JobHost final : public CheckpointLog, public replication::PartitionWatcher, public replication::MetadataListener {
 public:
  JobHost(io::Runtime& runtime, broker::Node& node);
  ~JobHost() override;

  /// The node serves.
  void start();
  /// Ends what runs; it goes on where the jobs are led next. `done` is called once.
  void stop(std::function<void()> done);
  web::JobsView view();
  void set_series_sink(std::shared_ptr<web::SeriesSink> sink);

  void write_checkpoint(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) override;
  std::optional<Buffer> last_checkpoint(const std::string& job_id) override;
  void on_partition_moved() override;
  void on_metadata(const replication::ImagePtr& image, const replication::MetadataDelta& delta) override;

 private:
  struct Running;
  struct Job {
    JobDefinition definition;
    std::string status;  // the newest, written or not
    std::string written_status;
    RowRates rates;
    std::unique_ptr<Running> running;
  };

  void attach_to_partition();
  void begin_leading();
  void end_leading();
  void read_on();
  void replay(ConstBytes batches);
  void apply(std::string_view key, std::optional<ConstBytes> value, Offset offset);
  void define(const std::string& name, std::optional<JobDefinition> definition);
  void reconcile();
  void run(Job& job);
  void end(Job& job, bool drop);
  void status_changed(const std::string& name, const std::string& id, std::string status);
  void append(const std::string& key, std::optional<Buffer> value, bool compress, std::function<void(Status)> done);
  void tick();
  void shrink_log();
  void update_series();

  io::Runtime& runtime_;
  broker::Node& node_;
  PartitionClient partitions_;
  std::unique_ptr<processor::JobWorker> worker_;
  replication::Partition* partition_ = nullptr;  // of kJobsTopic, when this node holds a replica
  bool started_ = false, leading_ = false, reading_ = false;
  Offset next_ = 0;       // read so far
  Offset lead_from_ = 0;  // runs jobs once it has read up to here
  bool jobs_on_ = false;
  std::map<std::string, Job> jobs_;
  std::map<std::string, Buffer> checkpoints_;  // by job id, only while leading
  bool shrinking_ = false;
  uint64_t shrink_at_ = 0;  // size of the log
  io::Timer tick_timer_;
  SeriesTails series_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::main
