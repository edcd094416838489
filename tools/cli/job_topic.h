#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/client/client.h"
#include "tools/client/consumer.h"
#include "tools/client/producer.h"

namespace weir::cli {

/// What a user wants to run: the record `job/NAME` of `__weir_jobs`.
struct JobDefinition {
  std::string id, name, sql, state = "running";
  int64_t created_ms = 0;

  std::string to_json() const;
  /// nullopt: this is no definition.
  static std::optional<JobDefinition> parse(std::string_view json);
};

/// What the node that runs it says: the record `status/NAME`. Numbers it does not know are left out.
struct JobStatus {
  struct Input {
    std::string topic;
    int64_t partition = 0;
    std::optional<int64_t> position, lag, watermark_ms;
  };
  struct Output {
    std::string topic;
    std::optional<int64_t> rows, acknowledged;
  };
  std::string id, state, error;
  std::optional<int64_t> node, updated_ms, rows_in, rows_out, late, state_bytes, keys, watermark_ms, checkpoints,
      last_checkpoint_ms, emit_p50_us, emit_p99_us;
  std::vector<Input> inputs;
  std::vector<Output> outputs;
  std::string json;

  static std::optional<JobStatus> parse(std::string_view json);
  std::optional<int64_t> lag() const;
};

/// The jobs of a cluster, which are what the compacted topic `__weir_jobs` says: this is all the protocol there is
/// between the command line and the nodes. Definitions are written here, statuses by the nodes.
class JobTopic {
 public:
  explicit JobTopic(client::Client& client);

  /// Makes the topic when it is not there (`create`), else it counts as empty; reads to the end.
  Status open(bool create);
  /// Reads what came since; waits up to half a second for the first record.
  Status poll();

  const std::map<std::string, JobDefinition>& definitions() const { return definitions_; }
  const JobDefinition* definition(const std::string& name) const;
  /// Of the job as it is defined now: a status with another id is that of an older job of this name.
  const JobStatus* status(const JobDefinition& definition) const;

  Status put(const JobDefinition& definition);
  Status drop(const std::string& name);

 private:
  Status write(const std::string& key, std::optional<std::string> value);
  void take(const wire::RecordView& record);

  client::Client& client_;
  client::Consumer consumer_;
  client::Producer producer_;
  std::map<std::string, JobDefinition> definitions_;
  std::map<std::string, JobStatus> statuses_;
};

}  // namespace weir::cli
