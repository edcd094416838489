// Loading of a led partition of __consumer_offsets, writing to it, and what leaves it with time.
#include <algorithm>

#include "base/util/diag.h"
#include "base/wire/record_batch.h"
#include "broker/group/coordinator_impl.h"

namespace weir::broker {
namespace {

constexpr size_t kLoadBytes = 4 << 20;

/// What a client sees when the write of its record failed.
ErrorCode coordinator_error(ErrorCode code) {
  switch (code) {
    case ErrorCode::none:
      return code;
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::request_timed_out:
    case ErrorCode::no_space:
      return ErrorCode::coordinator_not_available;
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
      return ErrorCode::invalid_commit_offset_size;
    default:
      return ErrorCode::not_coordinator;
  }
}

}  // namespace

void GroupCoordinator::on_leadership(replication::Partition& partition, bool leads) {
  PartitionId id = partition.tp().partition;
  auto it = shards_.find(id);
  if (it != shards_.end()) {
    // A new epoch of the same leader keeps what is loaded: nobody else wrote in between.
    if (leads) return;
    unload(*it->second);
    shards_.erase(it);
    return;
  }
  if (!leads) return;
  auto shard = std::make_shared<Shard>(*this, partition);
  shards_[id] = shard;
  // What the log holds now may not be committed yet; offsets below that point are final, offsets above are none of
  // ours.
  shard->load_until = partition.log_end_offset();
  partition.watch(*shard);
  shard->on_partition_moved();
}

void GroupCoordinator::unload(Shard& shard) {
  shard.alive = false;
  for (auto& [id, e] : shard.groups) e->group.shut(ErrorCode::not_coordinator);
}

void GroupCoordinator::load(Shard& shard, Offset end) {
  shard.loading = true;
  load_from(shard.shared_from_this(), shard.partition.log_start_offset(), end);
}

void GroupCoordinator::load_from(std::shared_ptr<Shard> shard, Offset from, Offset end) {
  if (!shard->alive) return;
  if (from < end) {
    log::ReadRequest request{from, end, kLoadBytes, true};
    return shard->partition.log().read(request, [this, shard, end, from](Result<log::ReadResult> result) {
      if (!shard->alive) return;
      if (!result || result->next_offset <= from) {
        WEIR_ERROR("{} cannot be loaded: {}", shard->partition.tp().to_string(),
                   result ? "the log ends early" : result.error().message());
        shard->loading = false;  // stays "load in progress": clients try again, and so do we at the next move of the
                                 // partition
        return;
      }
      for (const Buffer& b : result->batches) replay(*shard, b);
      // Never deeper than one level: a read from the cache calls back from inside.
      runtime_.defer([this, shard, next = result->next_offset, end] { load_from(shard, next, end); });
    });
  }
  for (auto& [id, value] : shard->restored) {
    Entry& e = entry(*shard, id);
    e.group.restore(value, runtime_.now());
    after(*shard, e);
  }
  shard->restored.clear();
  for (const auto& [id, offsets] : shard->offsets.all()) entry(*shard, id);  // groups of offsets alone
  shard->loading = false;
  shard->loaded = true;
  shard->partition.unwatch(*shard);
  WEIR_DEBUG("{} loaded: {} groups", shard->partition.tp().to_string(), shard->groups.size());
}

void GroupCoordinator::replay(Shard& shard, ConstBytes bytes) {
  wire::BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    if (batch->is_control()) continue;
    auto records = wire::RecordIterator::open(*batch);
    if (!records) continue;
    while (auto r = records->next()) {
      if (!r->key || r->key->size() < 2) continue;
      int16_t version = load_be<int16_t>(r->key->data());
      if (version <= 1) {
        auto key = wire::decode_versioned<wire::OffsetCommitKey>(*r->key);
        if (!key) continue;
        TopicPartition tp{key->topic, key->partition};
        auto value = r->value ? wire::decode_versioned<wire::OffsetCommitValue>(*r->value)
                              : Result<wire::OffsetCommitValue>(ErrorCode::not_found);
        if (value)
          shard.offsets.put(key->group, tp, std::move(*value));
        else
          shard.offsets.erase(key->group, tp);
      } else if (version == 2) {
        auto key = wire::decode_versioned<wire::GroupMetadataKey>(*r->key);
        if (!key) continue;
        auto value = r->value ? wire::decode_versioned<wire::GroupMetadataValue>(*r->value)
                              : Result<wire::GroupMetadataValue>(ErrorCode::not_found);
        if (value)
          shard.restored[key->group] = std::move(*value);
        else
          shard.restored.erase(key->group);
      }
    }
  }
}

void GroupCoordinator::append(Shard& shard, std::vector<Record> records, std::function<void(ErrorCode)> done) {
  wire::RecordBatchBuilder builder;
  for (const Record& r : records) {
    builder.append(runtime_.wall_now(), r.key.bytes(),
                   r.value ? std::optional<ConstBytes>(r.value->bytes()) : std::nullopt);
  }
  std::weak_ptr<Shard> weak = shard.weak_from_this();
  shard.partition.produce(builder.build(), -1, std::chrono::milliseconds(config_.offsets_commit_timeout_ms),
                          log::PartitionLog::Origin::coordinator,
                          [weak, done = std::move(done)](Result<replication::ProduceOutcome> outcome) {
                            auto s = weak.lock();
                            done(!s || !s->alive ? ErrorCode::not_coordinator : coordinator_error(outcome.code()));
                          });
}

void GroupCoordinator::on_topic_deleted(const std::string& topic) {
  for (auto& [id, shard] : shards_) {
    if (!shard->loaded) continue;
    std::vector<Record> records;
    auto removed = std::make_shared<std::vector<std::pair<std::string, TopicPartition>>>();
    for (const auto& [group, offsets] : shard->offsets.all()) {
      for (const auto& [tp, value] : offsets) {
        if (tp.topic != topic) continue;
        records.push_back({offset_key(group, tp), std::nullopt});
        removed->push_back({group, tp});
      }
    }
    if (records.empty()) continue;
    for (const auto& [group, tp] : *removed) shard->offsets.erase(group, tp);
    append(*shard, std::move(records), [](ErrorCode) {});
  }
}

/// KIP-211: the offsets of a group without members go after offsets.retention.minutes, counted from when it became
/// empty or, for offsets alone, from the commit.
void GroupCoordinator::expire_offsets(Shard& shard) {
  WallMillis limit = runtime_.wall_now() - int64_t{config_.offsets_retention_minutes} * 60'000;
  std::vector<Record> records;
  std::vector<std::pair<std::string, TopicPartition>> removed;
  for (const auto& [group, offsets] : shard.offsets.all()) {
    auto it = shard.groups.find(group);
    bool managed = it != shard.groups.end() && it->second->group.generation() > 0;
    if (it != shard.groups.end() && it->second->group.member_count() > 0) continue;
    for (const auto& [tp, value] : offsets) {
      WallMillis since = managed ? std::max(it->second->group.state_since(), value.commit_timestamp)
                                 : value.commit_timestamp;
      if (since > limit) continue;
      records.push_back({offset_key(group, tp), std::nullopt});
      removed.push_back({group, tp});
    }
  }
  if (records.empty()) return;
  for (const auto& [group, tp] : removed) shard.offsets.erase(group, tp);
  append(shard, std::move(records), [](ErrorCode) {});
}

void GroupCoordinator::tick() {
  if (runtime_.now() < next_expiry_) return;
  next_expiry_ = runtime_.now() + std::chrono::milliseconds(config_.offsets_retention_check_interval_ms);
  for (auto& [id, shard] : shards_) {
    if (shard->loaded) expire_offsets(*shard);
  }
}

}  // namespace weir::broker
