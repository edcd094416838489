#pragma once
#include <optional>

#include "tests/sim/workload/client.h"

namespace weir::sim {

/// Makes the workload's topics, grows some, and makes and deletes others. At the end the cluster must have what was
/// promised, and nothing that was deleted.
class Admin final : public Client {
 public:
  struct Wanted {
    std::string name;
    int partitions;
  };
  Admin(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, std::vector<Wanted> topics);
  void start();
  /// No new work.
  void finish() { finishing_ = true; }
  /// Everything asked for is done and seen in the metadata.
  bool settled(std::string& why);

 private:
  enum class State { unknown, present, absent };
  struct Known {
    State state = State::unknown;        // what the last acknowledged request promised
    int partitions = 0;                  // at least
    bool asked = false;                  // a request is under way
    bool unsure = false;                 // a request got no answer and may still do its work: nothing is promised
    std::optional<MonoTime> refused_at;  // first, by a controller that had nothing to do
  };
  void create(const std::string& name, int partitions);
  void remove(const std::string& name);
  void grow(const std::string& name, int to);
  void churn();
  void look();
  bool may_be_deposed(const std::string& name);
  /// A request about `name` failed: topics that stay are asked for again, others are left alone.
  void failed(const std::string& name, std::function<void()> retry);

  std::vector<Wanted> topics_;
  std::map<std::string, Known> known_;
  std::map<std::string, int> seen_;  // partitions by the last metadata
  bool finishing_ = false;
  int next_ = 0;
};

}  // namespace weir::sim
