#include "tests/sim/workload/client.h"

#include "base/wire/messages/metadata.h"

namespace weir::sim {

Client::Client(SimWorld& world, Ledger& ledger, const std::string& name, int brokers)
    : ledger_(ledger),
      name_(name),
      brokers_(brokers),
      machine_(world.add_node(name)),
      runtime_(machine_.start_shard()),
      peers_(std::make_unique<broker::PeerClient>(runtime_)) {
  for (int id = 1; id <= brokers; ++id) peers_->set_endpoint(id, {"n" + std::to_string(id), 9092});
}

Client::~Client() { shut(); }

void Client::shut() {
  if (!peers_) return;
  if (machine_.running()) machine_.kill();
  peers_.reset();
  timers_.clear();
}

void Client::after(Duration delay, std::function<void()> task) {
  timers_.push_back(nullptr);
  auto slot = std::prev(timers_.end());
  *slot = std::make_unique<io::Timer>([this, slot, task = std::move(task)] {
    auto keep = std::move(task);
    timers_.erase(slot);
    keep();
  });
  runtime_.arm_in(**slot, delay);
}

const Client::Topic* Client::topic(const std::string& name) const {
  auto it = topics_.find(name);
  return it == topics_.end() ? nullptr : &it->second;
}

const Client::Partition* Client::partition(const TopicPartition& tp) const {
  const Topic* t = topic(tp.topic);
  return t && static_cast<size_t>(tp.partition) < t->partitions.size()
             ? &t->partitions[static_cast<size_t>(tp.partition)]
             : nullptr;
}

/// An older epoch than the known one is stale metadata (KIP-320): a broker that was cut off tells of it.
void Client::take(const std::string& name, const Uuid& id, size_t count, const std::function<Partition(size_t)>& at) {
  Topic& t = topics_[name];
  if (t.id != id) t = {id, {}};
  if (t.partitions.size() < count) t.partitions.resize(count);
  for (size_t i = 0; i < count; ++i) {
    Partition fresh = at(i);
    if (fresh.epoch >= t.partitions[i].epoch) t.partitions[i] = fresh;
  }
}

void Client::refresh() {
  if (refreshing_) {
    refresh_again_ = true;
    return;
  }
  refreshing_ = true;
  wire::MetadataRequest request;
  for (const std::string& name : wanted_) {
    wire::MetadataRequest::MetadataRequestTopic t;
    t.name = name;
    request.topics->push_back(t);
  }
  request.allow_auto_topic_creation = false;
  call<wire::MetadataResponse>(
      any_broker(), Lane::controller, std::move(request), 12, 3s, [this](Result<wire::MetadataResponse> r) {
        if (r) {
          for (const auto& t : r->topics) {
            if (t.error_code != 0) continue;
            take(*t.name, t.topic_id, t.partitions.size(), [&](size_t i) {
              for (const auto& p : t.partitions) {
                if (p.partition_index == static_cast<int32_t>(i))
                  return Partition{p.error_code == 0 ? p.leader_id : kNoBroker, p.leader_epoch};
              }
              return Partition{};
            });
          }
        }
        bool failed = !r;
        after(failed ? 20ms : 100ms, [this, failed] {
          refreshing_ = false;
          if (std::exchange(refresh_again_, false) || failed) refresh();
        });
        if (r) on_metadata();
      });
}

}  // namespace weir::sim
