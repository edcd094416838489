#include "tools/client/consumer.h"

#include <algorithm>
#include <set>

#include "base/util/flatten.h"

namespace weir::client {
bool Consumer::at_end() const {
  return std::all_of(positions_.begin(), positions_.end(),
                     [](const auto& p) { return p.second.end >= 0 && p.second.next >= p.second.end; });
}

Result<size_t> Consumer::poll(const Each& each) {
  if (positions_.empty()) return size_t{0};
  return client_.retry([&] { return round(each); });
}

Result<size_t> Consumer::round(const Each& each) {
  std::map<BrokerId, wire::FetchRequest> by_leader;
  for (const auto& [tp, position] : positions_) {
    TRY_ASSIGN(BrokerId id, client_.leader(tp));
    wire::FetchRequest& request = by_leader[id];
    if (request.topics.empty() || request.topics.back().topic != tp.topic)
      request.topics.emplace_back().topic = tp.topic;
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition = tp.partition;
    p.fetch_offset = position.next;
    p.partition_max_bytes = options_.partition_bytes_max;
  }
  std::vector<std::pair<Connection*, Connection::Sent>> sent;
  for (auto& [id, request] : by_leader) {
    // Answers are awaited one after the other, so several leaders may each wait a short time only.
    request.max_wait_ms = by_leader.size() == 1 ? options_.max_wait_ms : std::min(options_.max_wait_ms, 50);
    request.min_bytes = 1;
    request.max_bytes = 64 << 20;
    request.isolation_level = options_.read_committed ? 1 : 0;
    TRY_ASSIGN(Connection * c, client_.node(id));
    // Version 12 is the last one with topic names (KIP-516).
    TRY_ASSIGN(auto s, c->send(request, 12));
    sent.emplace_back(c, s);
  }
  // Every answer is taken off its connection before the first error is told, else it would be read as the answer to a
  // later request.
  std::vector<Result<wire::FetchResponse>> responses;
  for (auto& [c, s] : sent) responses.push_back(c->receive<wire::FetchResponse>(s));
  size_t count = 0;
  Status failed;
  for (auto& response : responses) {
    if (!response) {
      failed = response.error();
      continue;
    }
    if (response->error_code != 0) failed = answered(response->error_code, "fetch");
    for (const auto& t : response->responses) {
      for (const auto& data : t.partitions) {
        TopicPartition tp{t.topic, data.partition_index};
        if (!positions_.contains(tp)) continue;
        auto more = take(tp, data, each, count);
        if (!more)
          failed = more.error();
        else if (!*more)
          return count;
      }
    }
  }
  if (!failed && count == 0) return failed.error();
  if (!failed) client_.forget_leaders();
  return count;
}

Result<bool> Consumer::take(const TopicPartition& tp, const Fetched& data, const Each& each, size_t& count) {
  Position& position = positions_[tp];
  TRY(answered(data.error_code, tp.to_string() + " at offset " + std::to_string(position.next)));
  position.end = options_.read_committed && data.last_stable_offset >= 0 ? data.last_stable_offset
                                                                         : data.high_watermark;
  position.log_start = data.log_start_offset;
  if (!data.records) return true;
  Buffer bytes = flatten(*data.records);
  auto aborted = data.aborted_transactions.value_or(std::vector<wire::FetchResponse::AbortedTransaction>{});
  std::sort(aborted.begin(), aborted.end(),
            [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  size_t next_aborted = 0;
  std::set<ProducerId> skipped;
  wire::BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    Offset end = batch->end_offset();
    if (end <= position.next) continue;
    while (next_aborted < aborted.size() && aborted[next_aborted].first_offset <= batch->last_offset())
      skipped.insert(aborted[next_aborted++].producer_id);
    if (batch->is_control()) {
      // KIP-98: the marker ends the producer's transaction.
      skipped.erase(batch->producer_id());
      position.next = end;
      continue;
    }
    if (batch->is_transactional() && skipped.contains(batch->producer_id())) {
      position.next = end;
      continue;
    }
    if (!batch->crc_matches())
      return Error(ErrorCode::corrupt_message, "client",
                   tp.to_string() + " at offset " + std::to_string(batch->base_offset()));
    TRY_ASSIGN(auto records, wire::RecordIterator::open(*batch));
    while (auto record = records.next()) {
      if (record->offset < position.next) continue;
      position.next = record->offset + 1;
      ++count;
      if (!each(tp, *record)) return false;
    }
    TRY(records.status());
    position.next = end;
  }
  TRY(batches.status());
  return true;
}

}  // namespace weir::client
