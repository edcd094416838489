#pragma once
#include "tests/sim/workload/fetch_loop.h"

namespace weir::sim {

/// A member of a classic group, as an eager Java consumer: finds the coordinator, joins, syncs (as leader deals the
/// partitions out), starts at the committed offsets, heartbeats, commits, leaves now and then. After a commit whose end
/// is not known it joins anew, so that no late one can undo a newer.
class GroupMember final : public FetchLoop {
 public:
  GroupMember(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, std::string group,
              std::vector<std::string> topics);
  void start();

 private:
  void find_coordinator();
  void join();
  void sync(bool lead, const std::vector<std::pair<std::string, std::vector<uint8_t>>>& members);
  void fetch_offsets(std::vector<TopicPartition> mine);
  void heartbeat();
  void commit();
  void leave();
  /// Starts over after `delay`: with the coordinator lost, or the membership, or just for a new generation.
  enum class Again { join, member, coordinator };
  void again(Again how, Duration delay);
  /// What an error of a group API means for the next step. True: it was `none`.
  bool fine(Code code);
  void on_metadata() override;
  size_t partitions_known() const;

  const std::string group_;
  const std::vector<std::string> topics_;
  BrokerId coordinator_ = kNoBroker;
  std::string member_;
  int32_t generation_ = -1;
  uint64_t term_ = 0;  // of the attempt: answers of older ones are dropped
  bool stable_ = false;
  bool lead_ = false;
  size_t dealt_ = 0;  // partitions, as leader
  bool committing_ = false;
  bool rejoin_ = false;                         // once the commit is answered
  std::map<TopicPartition, Offset> committed_;  // as this member last got acknowledged
};

}  // namespace weir::sim
