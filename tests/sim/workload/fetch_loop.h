#pragma once
#include "tests/sim/workload/client.h"

namespace weir::wire {
struct FetchResponse;
}

namespace weir::sim {

/// A client that reads partitions from their leaders in order, with epochs (KIP-320), and tells the ledger what it saw.
/// Everything is checked: CRC, offsets without gaps, high watermark that does not fall within an epoch, no divergence
/// below what was read.
class FetchLoop : public Client {
 public:
  FetchLoop(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, bool topic_ids)
      : Client(world, ledger, name, brokers), topic_ids_(topic_ids) {}
  Offset position(const TopicPartition& tp) const;
  uint64_t fetches() const { return fetches_; }

 protected:
  struct Position {
    Offset next = 0;
    LeaderEpoch last_epoch = kNoLeaderEpoch;  // of the last batch read, by whoever committed `next` too
    LeaderEpoch watermark_epoch = kNoLeaderEpoch;
    Offset high_watermark = -1;  // as the leader of that epoch said last
  };
  /// Reads exactly these from now on; answers under way are dropped.
  void assign(std::map<TopicPartition, Position> positions);
  void add(const TopicPartition& tp, Offset from) { positions_.try_emplace(tp, Position{from}); }
  const std::map<TopicPartition, Position>& positions() const { return positions_; }
  void fetch_all();
  void on_metadata() override { fetch_all(); }

 private:
  /// The leader if the metadata of it is not older than what was read (KIP-320): a broker that was cut off may name
  /// itself for long, and its log ends earlier.
  const Partition* leader(const TopicPartition& tp, const Position& position) const;
  void fetch(BrokerId broker);
  void take(BrokerId broker, const std::vector<TopicPartition>& asked, const wire::FetchResponse& response,
            bool& again);
  bool read(const TopicPartition& tp, Position& position, ConstBytes bytes);

  const bool topic_ids_;
  std::map<TopicPartition, Position> positions_;
  std::set<BrokerId> fetching_;
  uint64_t assignment_ = 0;
  uint64_t fetches_ = 0;
};

/// Reads all partitions of some topics from the start, partitions that are added later too.
class Consumer final : public FetchLoop {
 public:
  Consumer(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, std::vector<std::string> topics,
           bool topic_ids);
  void start() { poll(); }

 private:
  void poll();
  void on_metadata() override;
  std::vector<std::string> topics_;
};

}  // namespace weir::sim
