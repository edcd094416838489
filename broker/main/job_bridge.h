#pragma once
#include <map>
#include <memory>
#include <string>

#include "broker/main/partition_client.h"
#include "processor/sink.h"
#include "processor/source.h"

namespace weir::main {

/// Keeps checkpoints for the bridge below; implemented by JobHost over `__weir_jobs`. Called on the shard's thread.
class CheckpointLog {
 public:
  virtual ~CheckpointLog() = default;
  virtual void write_checkpoint(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) = 0;
  virtual std::optional<Buffer> last_checkpoint(const std::string& job_id) = 0;
};

/// What the bridges need of both sides: the shard, where the logs are, and the worker, where the job runs. Both outlive
/// the bridges.
struct BridgeEnds {
  broker::Services& node;
  PartitionClient& partitions;
  CheckpointLog& checkpoints;
  io::Runtime& worker;
};

/// A job's Source over the cluster's partitions. Made, called and destroyed on the worker's thread.
class BridgeSource final : public processor::Source {
 public:
  explicit BridgeSource(BridgeEnds ends) : ends_(ends) {}
  ~BridgeSource() override { close(); }
  void describe(const std::string& topic, int64_t timestamp_ms, Described done) override;
  void fetch(const std::string& topic, PartitionId partition, Offset from, size_t bytes_max, FetchDone done) override;
  void close() override { *alive_ = false; }

 private:
  BridgeEnds ends_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// A job's Sink: rows as record batches with the job's headers, one batch in flight for each partition, under a
/// producer id of their own, so that a retry after a leader change writes nothing twice. Made, called and destroyed on
/// the worker's thread; its writer lives on the shard's.
class BridgeSink final : public processor::Sink {
 public:
  explicit BridgeSink(BridgeEnds ends);
  ~BridgeSink() override { close(); }
  void open(const std::string& topic, Opened done) override;
  void last_sequences(const std::string& topic, const std::string& job_header, const std::vector<Offset>& from,
                      LastSequences done) override;
  void append(const std::string& topic, PartitionId partition, const std::string& job_header,
              std::vector<processor::SinkRow> rows, Appended done) override;
  void close() override;

 private:
  class Writer;
  BridgeEnds ends_;
  std::shared_ptr<Writer> writer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class BridgeStore final : public processor::CheckpointStore {
 public:
  explicit BridgeStore(BridgeEnds ends) : ends_(ends) {}
  ~BridgeStore() override { *alive_ = false; }
  void write(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) override;
  void read_latest(const std::string& job_id, std::function<void(Result<std::optional<Buffer>>)> done) override;
  void remove(const std::string& job_id, std::function<void(Status)> done) override;

 private:
  BridgeEnds ends_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::main
