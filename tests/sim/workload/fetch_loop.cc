#include "tests/sim/workload/fetch_loop.h"

#include <fmt/format.h>

#include "base/util/bytes.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/record_batch.h"

namespace weir::sim {

Offset FetchLoop::position(const TopicPartition& tp) const {
  auto it = positions_.find(tp);
  return it == positions_.end() ? -1 : it->second.next;
}

void FetchLoop::assign(std::map<TopicPartition, Position> positions) {
  positions_ = std::move(positions);
  ++assignment_;
  fetching_.clear();
  fetch_all();
}

const Client::Partition* FetchLoop::leader(const TopicPartition& tp, const Position& position) const {
  const Partition* p = partition(tp);
  return p && p->leader != kNoBroker && p->epoch >= position.last_epoch ? p : nullptr;
}

void FetchLoop::fetch_all() {
  std::set<BrokerId> leaders;
  bool lost = false;
  for (const auto& [tp, position] : positions_) {
    const Partition* p = leader(tp, position);
    if (p)
      leaders.insert(p->leader);
    else
      lost = true;
  }
  for (BrokerId b : leaders) {
    if (!fetching_.count(b)) fetch(b);
  }
  if (lost) refresh();
}

void FetchLoop::fetch(BrokerId broker) {
  wire::FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  request.max_bytes = random().chance(1, 4) ? 2000 : 1 << 20;
  std::vector<TopicPartition> asked;
  for (const auto& [tp, position] : positions_) {
    const Partition* p = leader(tp, position);
    if (!p || p->leader != broker) continue;
    if (request.topics.empty() || request.topics.back().topic != tp.topic) {
      auto& t = request.topics.emplace_back();
      t.topic = tp.topic;
      t.topic_id = topic(tp.topic)->id;
    }
    auto& f = request.topics.back().partitions.emplace_back();
    f.partition = tp.partition;
    f.current_leader_epoch = p->epoch;
    f.fetch_offset = position.next;
    f.last_fetched_epoch = position.last_epoch;
    f.partition_max_bytes = 1 << 20;
    asked.push_back(tp);
  }
  if (asked.empty()) return;
  fetching_.insert(broker);
  ++fetches_;
  call<wire::FetchResponse>(broker, Lane::fetch, std::move(request), topic_ids_ ? 17 : 12, 5s,
                            [this, broker, asked, assignment = assignment_](Result<wire::FetchResponse> r) {
                              if (assignment != assignment_) return;
                              bool again = r && r->error_code == 0;
                              if (again) take(broker, asked, *r, again);
                              if (again) {
                                fetching_.erase(broker);
                                return fetch_all();
                              }
                              refresh();
                              after(100ms, [this, broker, assignment] {
                                if (assignment != assignment_) return;
                                fetching_.erase(broker);
                                fetch_all();
                              });
                            });
}

void FetchLoop::take(BrokerId broker, const std::vector<TopicPartition>& asked, const wire::FetchResponse& response,
                     bool& again) {
  for (const auto& t : response.responses) {
    for (const auto& p : t.partitions) {
      TopicPartition tp{t.topic, p.partition_index};
      if (topic_ids_) {
        for (const TopicPartition& a : asked) {
          if (a.partition == p.partition_index && topic(a.topic) && topic(a.topic)->id == t.topic_id)
            tp.topic = a.topic;
        }
      }
      auto it = positions_.find(tp);
      if (it == positions_.end())
        return ledger().fail(fmt::format("a fetch of {} brings {}, which was not asked for", name(), tp.to_string()));
      Position& position = it->second;
      const auto code = static_cast<ErrorCode>(p.error_code);
      if (code == ErrorCode::offset_out_of_range) {
        return ledger().fail(fmt::format("{}: node {} has no offset {} ({} read so far): a committed record was lost",
                                         tp.to_string(), broker, position.next, name()));
      }
      if (code == ErrorCode::corrupt_message || code == ErrorCode::unknown_server_error) {
        return ledger().fail(fmt::format("{}: node {} answers a fetch at {} with {}", tp.to_string(), broker,
                                         position.next, Error(code).message()));
      }
      if (code != ErrorCode::none) {
        again = false;
        continue;
      }
      if (p.diverging_epoch.epoch >= 0 || p.diverging_epoch.end_offset >= 0) {
        return ledger().fail(fmt::format(
            "{}: node {} says the log diverges at epoch {} offset {}, {} has read to {} of epoch {}", tp.to_string(),
            broker, p.diverging_epoch.epoch, p.diverging_epoch.end_offset, name(), position.next, position.last_epoch));
      }
      const Partition* known = partition(tp);
      if (known && known->leader == broker && known->epoch == position.watermark_epoch &&
          p.high_watermark < position.high_watermark) {
        return ledger().fail(fmt::format("{}: high watermark of epoch {} fell from {} to {}", tp.to_string(),
                                         known->epoch, position.high_watermark, p.high_watermark));
      }
      if (known && known->leader == broker)
        position.watermark_epoch = known->epoch, position.high_watermark = p.high_watermark;
      if (p.last_stable_offset > p.high_watermark ||
          (p.last_stable_offset >= 0 && p.log_start_offset > p.last_stable_offset)) {
        return ledger().fail(fmt::format("{}: log start {}, last stable offset {}, high watermark {}", tp.to_string(),
                                         p.log_start_offset, p.last_stable_offset, p.high_watermark));
      }
      if (!p.records) continue;
      std::vector<uint8_t> bytes;
      for (const Buffer& b : *p.records) bytes.insert(bytes.end(), b.data(), b.data() + b.size());
      const Offset bound = std::max(p.high_watermark, position.next);  // a new leader may not know yet what the old one
                                                                       // told
      if (!read(tp, position, bytes)) return;
      if (position.next > bound) {
        return ledger().fail(fmt::format("{}: read to {}, above the high watermark {} of the same answer",
                                         tp.to_string(), position.next, bound));
      }
    }
  }
}

bool FetchLoop::read(const TopicPartition& tp, Position& position, ConstBytes bytes) {
  wire::BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    if (!batch->crc_matches())
      return ledger().fail(fmt::format("{} offset {}: wrong CRC", tp.to_string(), batch->base_offset())), false;
    if (batch->leader_epoch() < position.last_epoch && batch->base_offset() >= position.next) {
      return ledger().fail(fmt::format("{} offset {}: leader epoch {} after {}", tp.to_string(), batch->base_offset(),
                                       batch->leader_epoch(), position.last_epoch)),
             false;
    }
    auto records = wire::RecordIterator::open(*batch);
    if (!records)
      return ledger().fail(
                 fmt::format("{} offset {}: {}", tp.to_string(), batch->base_offset(), records.error().message())),
             false;
    while (auto record = records->next()) {
      if (record->offset < position.next) continue;
      if (record->offset > position.next) {
        return ledger().fail(
                   fmt::format("{}: offset {} follows {}: a gap", tp.to_string(), record->offset, position.next - 1)),
               false;
      }
      if (!record->value || record->value->size() < 16 ||
          load_be<uint32_t>(record->value->data() + 4) != static_cast<uint32_t>(tp.partition)) {
        return ledger().fail(
                   fmt::format("{} offset {}: a record that nobody sent here", tp.to_string(), record->offset)),
               false;
      }
      ledger().seen(tp, record->offset,
                    {load_be<uint32_t>(record->value->data()), load_be<int64_t>(record->value->data() + 8)},
                    name().c_str());
      position.next = record->offset + 1;
    }
    if (!records->status())
      return ledger().fail(fmt::format("{} offset {}: {}", tp.to_string(), batch->base_offset(),
                                       records->status().error().message())),
             false;
    position.last_epoch = std::max(position.last_epoch, batch->leader_epoch());
  }
  if (!batches.status())
    return ledger().fail(
               fmt::format("{} at {}: {}", tp.to_string(), position.next, batches.status().error().message())),
           false;
  return true;
}

Consumer::Consumer(SimWorld& world, Ledger& ledger, const std::string& name, int brokers,
                   std::vector<std::string> topics, bool topic_ids)
    : FetchLoop(world, ledger, name, brokers, topic_ids), topics_(std::move(topics)) {
  for (const std::string& t : topics_) want(t);
}

void Consumer::poll() {
  refresh();
  after(3s, [this] { poll(); });
}

void Consumer::on_metadata() {
  for (const std::string& name : topics_) {
    const Topic* t = topic(name);
    if (!t) continue;
    for (size_t i = 0; i < t->partitions.size(); ++i) add({name, static_cast<PartitionId>(i)}, 0);
  }
  fetch_all();
}

}  // namespace weir::sim
