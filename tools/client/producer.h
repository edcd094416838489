#pragma once
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/wire/record_batch.h"
#include "tools/client/client.h"

namespace weir::client {

/// A record on its way in.
struct OutRecord {
  std::optional<std::string> key, value;
  WallMillis timestamp = 0;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct ProducerOptions {
  /// -1: all in-sync replicas, and idempotent; 1: the leader; 0: nobody answers.
  int16_t acks = -1;
  wire::Compression compression = wire::Compression::none;
  /// For one batch, all attempts together.
  int delivery_timeout_ms = 120'000;
};

/// Writes batches, one at a time for each call, in order; with acks -1 each exactly once, however often an answer gets
/// lost.
class Producer {
 public:
  Producer(Client& client, ProducerOptions options) : client_(client), options_(options) {}

  /// Offset of the first record; -1 with acks 0. The topic has to exist (Client::topic makes one).
  Result<Offset> send(const TopicPartition& to, std::span<const OutRecord> records);
  /// Where Java's and librdkafka's (murmur2_random) producers put the key; without one, the partitions take turns.
  Result<PartitionId> partition_for(const std::string& topic, const std::optional<std::string>& key);

 private:
  Status init();
  Result<Offset> attempt(const TopicPartition& to, const Buffer& batch);

  Client& client_;
  ProducerOptions options_;
  ProducerId id_ = kNoProducerId;
  ProducerEpoch epoch_ = -1;
  std::map<TopicPartition, int32_t> sequences_;
  uint32_t turn_ = 0;
};

/// Kafka's hash of keys (DefaultPartitioner: murmur2, seed 0x9747b28c).
uint32_t murmur2(ConstBytes bytes);

}  // namespace weir::client
