#include "tests/sim/workload/producer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/util/bytes.h"
#include "base/wire/messages/init_producer_id.h"
#include "base/wire/messages/produce.h"
#include "base/wire/record_batch.h"

namespace weir::sim {
namespace {

/// A partition remembers a producer's last five batches (Kafka ProducerStateEntry): only they are known again when they
/// are repeated. So nothing is sent that lies further than that behind the oldest unacknowledged batch, also when those
/// between are acknowledged already.
constexpr size_t kWindow = 5;
constexpr size_t kBacklogMax = 12;

bool retriable(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::leader_not_available:
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::request_timed_out:
    case ErrorCode::network_exception:
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
    case ErrorCode::kafka_storage_error:
    case ErrorCode::fenced_leader_epoch:
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::connection_failed:
    case ErrorCode::cancelled:
      return true;
    default:
      return false;
  }
}

}  // namespace

Producer::Producer(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, Options options)
    : Client(world, ledger, name, brokers), options_(std::move(options)) {
  for (const std::string& t : options_.topics) want(t);
}

void Producer::start() {
  refresh();
  init_producer_id();
  tick();
}

bool Producer::idle() const {
  for (const auto& [tp, part] : parts_) {
    if (!part.batches.empty()) return false;
  }
  return true;
}

void Producer::init_producer_id() {
  wire::InitProducerIdRequest request;
  request.transactional_id.reset();
  request.transaction_timeout_ms = 60000;
  call<wire::InitProducerIdResponse>(any_broker(), Lane::controller, std::move(request), 4, 10s,
                                     [this](Result<wire::InitProducerIdResponse> r) {
                                       if (!r || r->error_code != 0)
                                         return after(200ms, [this] { init_producer_id(); });
                                       id_ = r->producer_id;
                                       epoch_ = r->producer_epoch;
                                       ++session_;
                                       draining_ = false;
                                       for (auto& [tp, part] : parts_) part.next_sequence = 0;
                                     });
}

void Producer::tick() {
  after(Duration{static_cast<int64_t>(random().below(static_cast<uint64_t>(2 * options_.pace.count())))},
        [this] { tick(); });
  if (finishing_ || id_ == kNoProducerId) return;
  if (!draining_ && random().chance(1, 400)) draining_ = true;
  if (draining_) {
    if (!idle()) return;
    id_ = kNoProducerId;  // and so come back only when there is a new one
    return init_producer_id();
  }
  const std::string& name = options_.topics[random().below(options_.topics.size())];
  const Topic* t = topic(name);
  if (!t || t->partitions.empty()) return refresh();
  if (random().chance(1, 200)) refresh();  // new partitions
  TopicPartition tp{name, static_cast<PartitionId>(random().below(t->partitions.size()))};
  Part& part = parts_[tp];
  const uint64_t batches = random().chance(1, 10) ? 1 + random().below(6) : 1;
  for (uint64_t i = 0; i < batches && part.batches.size() < kBacklogMax; ++i) make_batch(tp, part);
  pump(tp);
}

void Producer::make_batch(const TopicPartition& tp, Part& part) {
  Batch batch;
  batch.first_n = part.next_n;
  batch.count = static_cast<int>(1 + random().below(6));
  batch.sequence = part.next_sequence;
  wire::RecordBatchBuilder::Options o;
  o.producer_id = id_;
  o.producer_epoch = epoch_;
  o.base_sequence = batch.sequence;
  o.compression = random().chance(1, 8) ? wire::Compression::lz4 : wire::Compression::none;
  wire::RecordBatchBuilder builder(o);
  std::vector<uint8_t> value(16 + random().below(random().chance(1, 30) ? 8000 : 100), 'w');
  for (int i = 0; i < batch.count; ++i) {
    store_be<uint32_t>(value.data(), options_.client);
    store_be<uint32_t>(value.data() + 4, static_cast<uint32_t>(tp.partition));
    store_be<int64_t>(value.data() + 8, batch.first_n + i);
    builder.append(runtime().wall_now(), std::nullopt, ConstBytes(value));
  }
  batch.bytes = builder.build();
  part.next_n += batch.count;
  part.next_sequence += batch.count;
  ledger().sent(tp, options_.client, part.next_n);
  part.batches.push_back(std::move(batch));
}

void Producer::on_metadata() {
  for (auto& [tp, part] : parts_) {
    if (!part.batches.empty()) pump(tp);
  }
}

void Producer::pump(const TopicPartition& tp) {
  Part& part = parts_[tp];
  if (part.hold || part.waiting || part.batches.empty()) return;
  const Partition* to = partition(tp);
  if (!to || to->leader == kNoBroker) return refresh();
  // A leader that does not know a producer takes any sequence (KIP-360), so the batches before must not be on their way
  // to another one.
  if (part.in_flight > 0 && part.sent_to != to->leader) return;
  part.sent_to = to->leader;
  for (size_t i = 0; i < std::min(part.batches.size(), kWindow); ++i) {
    Batch& b = part.batches[i];
    if (!b.in_flight && !b.done) send(tp, b, *to);
  }
}

void Producer::send(const TopicPartition& tp, Batch& batch, const Partition& to) {
  batch.in_flight = true;
  ++parts_[tp].in_flight;
  wire::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 5000;
  auto& t = request.topic_data.emplace_back();
  t.name = tp.topic;
  t.topic_id = topic(tp.topic)->id;
  auto& p = t.partition_data.emplace_back();
  p.index = tp.partition;
  p.records = BufferChain{batch.bytes};
  call<wire::ProduceResponse>(to.leader, Lane::append, std::move(request), options_.topic_ids ? 13 : 12, 7s,
                              [this, tp, n = batch.first_n, session = session_](Result<wire::ProduceResponse> r) {
                                if (!r) return answered(tp, n, session, r.code(), -1);
                                if (r->responses.size() != 1 || r->responses[0].partition_responses.size() != 1) {
                                  return ledger().fail("a produce response without the partition of its request");
                                }
                                const auto& p = r->responses[0].partition_responses[0];
                                answered(tp, n, session, static_cast<ErrorCode>(p.error_code), p.base_offset);
                              });
}

/// A node that was cut off may still think that it leads, and miss what its successor took: metadata from its side of
/// the cut sends clients there. It hears of its successor within some seconds; who leads then has all that was
/// acknowledged.
bool Producer::may_be_deposed(Batch& batch) {
  if (!batch.refused_at) batch.refused_at = runtime().now();
  return runtime().now() - *batch.refused_at < 10s;
}

void Producer::answered(const TopicPartition& tp, int64_t first_n, uint64_t session, ErrorCode code, Offset base) {
  Part& part = parts_[tp];
  auto it = part.batches.begin();
  while (it != part.batches.end() && it->first_n != first_n) ++it;
  if (it == part.batches.end())
    return ledger().fail(fmt::format("{}: batch {} answered twice", tp.to_string(), first_n));
  it->in_flight = false;
  --part.in_flight;
  const bool first = it == part.batches.begin();
  if (code == ErrorCode::none || code == ErrorCode::duplicate_sequence_number) {
    ledger().acknowledged(tp, options_.client, first_n, it->count, code == ErrorCode::none ? base : -1);
    it->done = true;
    while (!part.batches.empty() && part.batches.front().done) part.batches.pop_front();
  } else if (retriable(code) || (code == ErrorCode::out_of_order_sequence_number && (!first || may_be_deposed(*it)))) {
    ++retries_;
    part.hold = true;
  } else {
    return ledger().fail(fmt::format("{}: client {} (producer {}, session {}), batch {} sequence {}: {}",
                                     tp.to_string(), options_.client, id_, session, first_n, it->sequence,
                                     Error(code).message()));
  }
  if (part.hold && part.in_flight == 0) {
    part.hold = false;
    part.waiting = true;
    refresh();
    after(Duration{static_cast<int64_t>(30'000'000 + random().below(100'000'000))}, [this, tp] {
      parts_[tp].waiting = false;
      pump(tp);
    });
  } else {
    pump(tp);
  }
}

}  // namespace weir::sim
