#pragma once
#include <deque>
#include <optional>

#include "tests/sim/workload/client.h"

namespace weir::sim {

/// An idempotent producer with acks=all: numbered records, batches in flight within five of the oldest unacknowledged
/// one, retried with their sequence and in order until they are acknowledged, as the Java client does (without ever
/// giving up). Now and then it drains and takes a new producer id.
class Producer final : public Client {
 public:
  struct Options {
    std::vector<std::string> topics;
    uint32_t client = 0;
    Duration pace{60'000'000};  // mean pause between batches
    bool topic_ids = false;     // Produce 13
  };
  Producer(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, Options options);

  void start();
  /// Sends what it has, makes nothing new.
  void finish() { finishing_ = true; }
  bool idle() const;
  uint64_t retries() const { return retries_; }

 private:
  struct Batch {
    int64_t first_n;
    int count;
    int32_t sequence;
    Buffer bytes;
    bool in_flight = false;
    bool done = false;
    std::optional<MonoTime> refused_at;  // first, by a leader to whom it did not follow on what was acknowledged
  };
  struct Part {
    std::deque<Batch> batches;  // in order, from the first unacknowledged one on
    int64_t next_n = 0;
    int32_t next_sequence = 0;
    int in_flight = 0;
    BrokerId sent_to = kNoBroker;  // those in flight
    bool hold = false;     // a batch failed: nothing is sent until all in flight are answered, and a pause is over
    bool waiting = false;  // that pause
  };
  void init_producer_id();
  void tick();
  void make_batch(const TopicPartition& tp, Part& part);
  void pump(const TopicPartition& tp);
  void send(const TopicPartition& tp, Batch& batch, const Partition& to);
  bool may_be_deposed(Batch& batch);
  void answered(const TopicPartition& tp, int64_t first_n, uint64_t session, ErrorCode code, Offset base);
  void on_metadata() override;

  Options options_;
  std::map<TopicPartition, Part> parts_;
  ProducerId id_ = kNoProducerId;
  ProducerEpoch epoch_ = -1;
  uint64_t session_ = 0;  // of the producer id
  bool draining_ = false;
  bool finishing_ = false;
  uint64_t retries_ = 0;
};

}  // namespace weir::sim
