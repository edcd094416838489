#include "tests/sim/workload/admin.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/wire/messages/create_partitions.h"
#include "base/wire/messages/create_topics.h"
#include "base/wire/messages/delete_topics.h"
#include "base/wire/messages/metadata.h"

namespace weir::sim {
namespace {
constexpr int kGrowMax = 6;
constexpr Duration kTimeout{12'000'000'000};
}  // namespace

Admin::Admin(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, std::vector<Wanted> topics)
    : Client(world, ledger, name, brokers), topics_(std::move(topics)) {}

void Admin::start() {
  for (const Wanted& w : topics_) create(w.name, w.partitions);
  after(2s, [this] { churn(); });
  look();
}

/// Asks again until the topic is there: a request that got no answer may have done its work.
void Admin::create(const std::string& name, int partitions) {
  Known& k = known_[name];
  k.asked = true;
  wire::CreateTopicsRequest request;
  auto& t = request.topics.emplace_back();
  t.name = name;
  t.num_partitions = partitions;
  t.replication_factor = -1;
  request.timeout_ms = 10000;
  call<wire::CreateTopicsResponse>(any_broker(), Lane::controller, std::move(request), 7, kTimeout,
                                   [this, name, partitions](Result<wire::CreateTopicsResponse> r) {
                                     Code code = r ? static_cast<Code>(r->topics.empty() ? -1 : r->topics[0].error_code)
                                                   : r.code();
                                     if (code == Code::topic_already_exists && may_be_deposed(name)) {
                                       after(300ms, [this, name, partitions] { create(name, partitions); });
                                     } else if (code == Code::none || code == Code::topic_already_exists) {
                                       known_[name] = {State::present, partitions};
                                     } else {
                                       failed(name, [this, name, partitions] { create(name, partitions); });
                                     }
                                   });
}

void Admin::remove(const std::string& name) {
  known_[name].asked = true;
  wire::DeleteTopicsRequest request;
  request.topics.emplace_back().name = name;
  request.timeout_ms = 10000;
  call<wire::DeleteTopicsResponse>(
      any_broker(), Lane::controller, std::move(request), 6, kTimeout,
      [this, name](Result<wire::DeleteTopicsResponse> r) {
        Code code = r ? static_cast<Code>(r->responses.empty() ? -1 : r->responses[0].error_code) : r.code();
        if (code == Code::unknown_topic_or_partition && may_be_deposed(name)) {
          after(300ms, [this, name] { remove(name); });
        } else if (code == Code::none || code == Code::unknown_topic_or_partition) {
          known_[name] = {State::absent, 0};
        } else {
          failed(name, [this, name] { remove(name); });
        }
      });
}

void Admin::grow(const std::string& name, int to) {
  known_[name].asked = true;
  wire::CreatePartitionsRequest request;
  auto& t = request.topics.emplace_back();
  t.name = name;
  t.count = to;
  t.assignments.reset();
  request.timeout_ms = 10000;
  call<wire::CreatePartitionsResponse>(
      any_broker(), Lane::controller, std::move(request), 3, kTimeout,
      [this, name, to](Result<wire::CreatePartitionsResponse> r) {
        Code code = r ? static_cast<Code>(r->results.empty() ? -1 : r->results[0].error_code) : r.code();
        if (code == Code::none || code == Code::invalid_partitions) {  // the second: it has that many already
          known_[name] = {State::present, to};
        } else {
          failed(name, [this, name, to] { grow(name, to); });
        }
      });
}

/// A controller that stood still until another took over answers from what it knows, until it hears of its successor
/// (as Kafka's does): that a topic is gone, or there already, is believed after it was said for some seconds. What
/// changes something is committed, so "done" is believed at once.
bool Admin::may_be_deposed(const std::string& name) {
  if (!name.starts_with("churn")) return false;  // never deleted: once there, always there
  Known& k = known_[name];
  if (!k.refused_at) k.refused_at = runtime().now();
  return runtime().now() - *k.refused_at < 10s;
}

void Admin::failed(const std::string& name, std::function<void()> retry) {
  if (!name.starts_with("churn")) return after(300ms, std::move(retry));
  known_[name].asked = false;
  known_[name].unsure = true;
}

void Admin::churn() {
  if (finishing_) return;
  after(Duration{static_cast<int64_t>(1'000'000'000 + random().below(6'000'000'000))}, [this] { churn(); });
  std::vector<std::string> mine;
  for (const auto& [name, k] : known_) {
    if (k.state == State::present && !k.asked && !k.unsure && name.starts_with("churn")) mine.push_back(name);
  }
  const uint64_t what = random().below(10);
  Known& grown = known_[topics_[0].name];
  if (what < 2 && grown.state == State::present && !grown.asked && grown.partitions < kGrowMax) {
    grow(topics_[0].name, grown.partitions + 1);
  } else if (what < 6 && !mine.empty()) {
    remove(mine[random().below(mine.size())]);
  } else if (mine.size() < 3) {
    const int n = random().chance(1, 2) && next_ > 0 ? static_cast<int>(random().below(static_cast<uint64_t>(next_)))
                                                     : next_++;
    const std::string name = fmt::format("churn{}", n);
    const Known& k = known_[name];
    if (!k.asked && !k.unsure && k.state != State::present) create(name, 1 + static_cast<int>(random().below(2)));
  }
}

void Admin::look() {
  wire::MetadataRequest request;
  request.topics.reset();
  request.allow_auto_topic_creation = false;

  call<wire::MetadataResponse>(any_broker(), Lane::controller, std::move(request), 12, 3s,
                               [this](Result<wire::MetadataResponse> r) {
                                 if (r) {
                                   seen_.clear();
                                   for (const auto& t : r->topics) {
                                     if (t.error_code == 0) seen_[*t.name] = static_cast<int>(t.partitions.size());
                                   }
                                 }
                                 after(1s, [this] { look(); });
                               });
}

bool Admin::settled(std::string& why) {
  for (const auto& [name, k] : known_) {
    auto it = seen_.find(name);
    if (k.unsure) continue;
    if (k.asked) return why = fmt::format("a request about topic {} is not answered", name), false;
    if (k.state == State::present && it == seen_.end()) return why = fmt::format("topic {} is missing", name), false;
    if (k.state == State::present && it->second < k.partitions)
      return why = fmt::format("topic {} has {} of {} partitions", name, it->second, k.partitions), false;
    if (k.state == State::absent && it != seen_.end())
      return why = fmt::format("topic {} was deleted and is there", name), false;
  }
  return true;
}

}  // namespace weir::sim
