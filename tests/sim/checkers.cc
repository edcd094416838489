#include "tests/sim/checkers.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/wire/record_batch.h"
#include "broker/services.h"

namespace weir::sim {
namespace {

/// FNV over what nodes must agree on; who leads the quorum is each node's own view.
class Hash {
 public:
  void add(uint64_t v) {
    for (int i = 0; i < 8; ++i, v >>= 8) h_ = (h_ ^ (v & 0xff)) * 0x100000001b3ull;
  }
  void add(const std::string& s) {
    add(s.size());
    for (char c : s) h_ = (h_ ^ static_cast<uint8_t>(c)) * 0x100000001b3ull;
  }
  void add(const std::vector<BrokerId>& ids) {
    add(ids.size());
    for (BrokerId id : ids) add(static_cast<uint64_t>(id));
  }
  uint64_t value() const { return h_; }

 private:
  uint64_t h_ = 0xcbf29ce484222325ull;
};

uint64_t hash_of(const replication::MetadataImage& image) {
  Hash h;
  for (const auto& [name, t] : image.topics) {
    h.add(name);
    for (uint8_t b : t->id.bytes) h.add(b);
    for (const auto& p : t->partitions) {
      h.add(p.replicas), h.add(p.isr), h.add(p.elr), h.add(p.adding_replicas), h.add(p.removing_replicas);
      h.add(static_cast<uint64_t>(p.leader)), h.add(static_cast<uint64_t>(p.leader_epoch)),
          h.add(static_cast<uint64_t>(p.partition_epoch));
    }
  }
  for (const auto& [id, b] : image.brokers)
    h.add(static_cast<uint64_t>(id)), h.add(static_cast<uint64_t>(b->epoch)), h.add(b->fenced),
        h.add(b->in_controlled_shutdown);
  for (const auto& [key, map] : image.configs) {
    h.add(static_cast<uint64_t>(key.first)), h.add(key.second);
    for (const auto& [k, v] : *map) h.add(k), h.add(v);
  }
  for (const auto& [name, level] : image.features) h.add(name), h.add(static_cast<uint64_t>(level));
  h.add(static_cast<uint64_t>(image.next_producer_id));
  return h.value();
}

}  // namespace

void Checkers::check() {
  ++checks_;
  for (int i = 0; i < cluster_.size(); ++i) {
    if (cluster_.up(i) && cluster_.machine(i).running()) check_node(i);
  }
}

void Checkers::check_node(int i) {
  broker::Services& s = cluster_.node(i)->services();
  for (replication::Partition* p : s.replicas.all()) {
    const TopicPartition& tp = p->tp();
    const LeaderEpoch epoch = p->leader_epoch();
    if (p->leads()) {
      auto [it, made] = leaders_.try_emplace({p->topic_id(), tp.partition, epoch}, i);
      if (!made && it->second != i) {
        world_.fail(
            fmt::format("{}: nodes {} and {} both lead epoch {}", tp.to_string(), it->second + 1, i + 1, epoch));
      }
    }
    const Offset start = p->log_start_offset(), lso = p->last_stable_offset(), hw = p->high_watermark(),
                 end = p->log_end_offset();
    if (start > lso || lso > hw || hw > end || p->log().durable_offset() > end) {
      world_.fail(fmt::format("{} on node {}: log start {}, last stable {}, high watermark {}, durable {}, log end {}",
                              tp.to_string(), i + 1, start, lso, hw, p->log().durable_offset(), end));
    }
    Seen& seen = watermarks_[{i, p->topic_id(), tp.partition}];
    if (seen.life == cluster_.life(i) && hw < seen.high_watermark) {
      world_.fail(fmt::format("{} on node {}: high watermark fell from {} (epoch {}) to {} (epoch {})", tp.to_string(),
                              i + 1, seen.high_watermark, seen.epoch, hw, epoch));
    }
    seen = {cluster_.life(i), hw, epoch};
  }
  const replication::QuorumView q = s.quorum.view();
  if (std::string_view(q.role) == "leader") {
    auto [it, made] = quorum_leaders_.try_emplace(q.epoch, i);
    if (!made && it->second != i)
      world_.fail(fmt::format("nodes {} and {} both lead the quorum in epoch {}", it->second + 1, i + 1, q.epoch));
  }
  auto& [life, hw] = quorum_watermarks_[i];
  if (life == cluster_.life(i) && q.high_watermark < hw) {
    world_.fail(fmt::format("node {}: the quorum's high watermark fell from {} to {}", i + 1, hw, q.high_watermark));
  }
  life = cluster_.life(i), hw = q.high_watermark;
  if (q.high_watermark > q.log_end)
    world_.fail(fmt::format("node {}: the quorum's high watermark {} is above its log end {}", i + 1, q.high_watermark,
                            q.log_end));
  const replication::ImagePtr& image = s.quorum.image();
  if (last_image_[i] != image.get()) {
    last_image_[i] = image.get();
    check_image(i, *image);
  }
  s.logs.check_invariants();
}

void Checkers::check_image(int i, const replication::MetadataImage& image) {
  auto [it, made] = images_.try_emplace(image.offset, hash_of(image));
  if (!made && it->second != hash_of(image))
    world_.fail(fmt::format("node {}'s metadata image at offset {} differs from another node's", i + 1, image.offset));
}

bool Checkers::converged(std::string& why) {
  Offset offset = -1;
  for (int i = 0; i < cluster_.size(); ++i) {
    if (!cluster_.up(i)) return why = fmt::format("node {} does not run: {}", i + 1, cluster_.start_error()), false;
    broker::Services& s = cluster_.node(i)->services();
    const replication::QuorumView q = s.quorum.view();
    if (q.broker_fenced) return why = fmt::format("node {} is fenced", i + 1), false;
    const auto& image = *s.quorum.image();
    if (offset >= 0 && image.offset != offset)
      return why = fmt::format("node {}'s image is at {}, node 1's at {}", i + 1, image.offset, offset), false;
    offset = image.offset;
    for (const auto& [name, t] : image.topics) {
      for (size_t p = 0; p < t->partitions.size(); ++p) {
        const auto& image_p = t->partitions[p];
        if (image_p.leader == kNoBroker || image_p.isr.size() != image_p.replicas.size()) {
          return why = fmt::format("{}-{}: leader {}, {} of {} replicas in sync", name, p, image_p.leader,
                                   image_p.isr.size(), image_p.replicas.size()),
                 false;
        }
        if (std::find(image_p.replicas.begin(), image_p.replicas.end(), i + 1) == image_p.replicas.end()) continue;
        auto* partition = s.replicas.find(TopicPartition{name, static_cast<PartitionId>(p)});
        if (!partition) return why = fmt::format("{}-{} is missing on node {}", name, p, i + 1), false;
        if (partition->high_watermark() != partition->log_end_offset()) {
          return why = fmt::format("{}-{} on node {}: high watermark {}, log end {}", name, p, i + 1,
                                   partition->high_watermark(), partition->log_end_offset()),
                 false;
        }
      }
    }
  }
  return true;
}

/// The whole batches of the partition below `end`, from the log start.
std::vector<std::vector<uint8_t>> Checkers::read_all(replication::Partition& partition, Offset end, bool& ok) {
  std::vector<std::vector<uint8_t>> batches;
  Offset next = partition.log_start_offset();
  ok = true;
  while (ok && next < end) {
    bool done = false;
    std::string error;
    partition.log().read({.from = next, .up_to = end}, [&](Result<log::ReadResult> r) {
      done = true;
      if (!r) {
        error = r.error().message();
        return;
      }
      std::vector<uint8_t> bytes;
      for (const Buffer& b : r->batches) bytes.insert(bytes.end(), b.data(), b.data() + b.size());
      wire::BatchIterator it(bytes);
      while (auto b = it.next()) batches.emplace_back(b->bytes().begin(), b->bytes().end());
      if (r->next_offset <= next) error = "a read brings nothing";
      next = r->next_offset;
    });
    if (!world_.run_until([&] { return done; }, 10s)) error = "a read does not end";
    if (!error.empty()) {
      world_.fail(fmt::format("{} at {}: {}", partition.tp().to_string(), next, error));
      ok = false;
    }
  }
  return batches;
}

void Checkers::compare_logs() {
  // Offsets topics go on growing meanwhile: what is compared is what every replica has committed now.
  std::map<TopicPartition, Offset> ends;
  for (int i = 0; i < cluster_.size(); ++i) {
    for (replication::Partition* p : cluster_.node(i)->services().replicas.all()) {
      auto [it, made] = ends.try_emplace(p->tp(), p->high_watermark());
      if (!made) it->second = std::min(it->second, p->high_watermark());
    }
  }
  std::map<TopicPartition, std::pair<int, std::vector<std::vector<uint8_t>>>> first;
  for (int i = 0; i < cluster_.size(); ++i) {
    for (replication::Partition* p : cluster_.node(i)->services().replicas.all()) {
      bool ok = true;
      auto batches = read_all(*p, ends[p->tp()], ok);
      if (!ok) return;
      if (const auto* known = ledger_.content(p->tp());
          known && static_cast<Offset>(known->size()) > p->log_end_offset()) {
        return world_.fail(fmt::format("{} on node {} ends at {}, clients know of {} records", p->tp().to_string(),
                                       i + 1, p->log_end_offset(), known->size()));
      }
      auto [it, made] = first.try_emplace(p->tp(), i, std::move(batches));
      if (made) continue;
      const auto& other = it->second.second;
      for (size_t b = 0; b < std::max(other.size(), batches.size()); ++b) {
        if (b >= other.size() || b >= batches.size() || other[b] != batches[b]) {
          return world_.fail(fmt::format("{}: the logs of nodes {} and {} differ from batch {} on ({} and {} batches)",
                                         p->tp().to_string(), it->second.first + 1, i + 1, b, other.size(),
                                         batches.size()));
        }
      }
    }
  }
}

}  // namespace weir::sim
