#include "broker/main/partition_client.h"

#include <algorithm>
#include <list>
#include <set>

#include "base/util/check.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/list_offsets.h"
#include "base/wire/messages/produce.h"
#include "replication/call.h"

namespace weir::main {
namespace {

using replication::Lane;
using std::chrono::milliseconds;

constexpr int16_t kFetchVersion = 16, kListOffsetsVersion = 7, kProduceVersion = 12;
constexpr Duration kRetry = milliseconds(50);
constexpr Duration kCallTimeout = milliseconds(10'000);
constexpr int32_t kPollMs = 50;

/// Errors after which the same question may be put again, to whoever leads then.
bool may_retry(ErrorCode code) {
  return error_is_retriable(code) || code == ErrorCode::request_timed_out || code == ErrorCode::connection_failed ||
         code == ErrorCode::unknown_topic_id;
}

/// A timer that owns itself: runs `task` once.
void after(io::Runtime& runtime, Duration delay, std::function<void()> task) {
  auto holder = std::make_shared<std::unique_ptr<io::Timer>>();
  *holder = std::make_unique<io::Timer>([holder, &runtime, task = std::move(task)] {
    // The timer must not be destroyed while it fires.
    runtime.defer([holder] { holder->reset(); });
    task();
  });
  runtime.arm_in(**holder, delay);
}

}  // namespace

/// One read on its way, here or at a leader.
struct PartitionClient::Read : replication::PartitionWatcher, std::enable_shared_from_this<Read> {
  Read(PartitionClient& c, TopicPartition t, Offset f, size_t b, std::function<void(Result<Batches>)> d)
      : client(c), tp(std::move(t)), from(f), bytes_max(b), done(std::move(d)) {}
  void on_partition_moved() override {
    if (!waiting) return;
    waiting = false;
    auto self = shared_from_this();
    partition->unwatch(*this);
    client.waiting_.erase(self);
    client.start_read(self);
  }
  void finish(Result<Batches> result) { std::exchange(done, nullptr)(std::move(result)); }

  PartitionClient& client;
  TopicPartition tp;
  Offset from;
  size_t bytes_max;
  std::function<void(Result<Batches>)> done;
  replication::Partition* partition = nullptr;  // while waiting
  bool waiting = false;
};

struct PartitionClient::Append {
  TopicPartition tp;
  Buffer batch;
  MonoTime deadline;
  std::function<void(Result<Offset>)> done;
};

/// Fetches from one other node, for all reads that wait for its partitions: one request in flight, so that a long poll
/// of one never holds up another for longer than kPollMs.
class PartitionClient::Poller : public std::enable_shared_from_this<Poller> {
 public:
  Poller(broker::Services& node, BrokerId leader, std::shared_ptr<bool> alive)
      : node_(node), leader_(leader), alive_(std::move(alive)) {}

  void add(std::shared_ptr<Read> read) {
    reads_.push_back(std::move(read));
    if (!in_flight_) send();
  }

 private:
  void send() {
    if (!*alive_ || reads_.empty()) return;
    in_flight_ = true;
    wire::FetchRequest request;
    request.replica_id = -1;
    request.max_wait_ms = kPollMs;
    request.min_bytes = 1;
    request.max_bytes = 16 << 20;
    request.session_id = 0;
    request.session_epoch = -1;
    std::vector<std::shared_ptr<Read>> asked;
    // A partition may stand in a request only once: of two reads of one partition the second waits for its turn.
    std::set<TopicPartition> taken;
    for (auto it = reads_.begin(); it != reads_.end();) {
      if (taken.contains((*it)->tp)) {
        ++it;
        continue;
      }
      const auto* topic = node_.image().topic((*it)->tp.topic);
      if (!topic) {
        auto gone = *it;
        it = reads_.erase(it);
        gone->finish(ErrorCode::unknown_topic_or_partition);
        continue;
      }
      wire::FetchRequest::FetchTopic t;
      t.topic_id = topic->id;
      wire::FetchRequest::FetchPartition p;
      p.partition = (*it)->tp.partition;
      p.fetch_offset = (*it)->from;
      p.partition_max_bytes = static_cast<int32_t>((*it)->bytes_max);
      t.partitions.push_back(p);
      request.topics.push_back(std::move(t));
      taken.insert((*it)->tp);
      asked.push_back(*it);
      it = reads_.erase(it);
    }
    if (asked.empty()) {
      in_flight_ = false;
      return;
    }
    replication::call<wire::FetchResponse>(node_.peers, leader_, Lane::read, request, kFetchVersion, kCallTimeout,
                                           [self = shared_from_this(), asked](Result<wire::FetchResponse> response) {
                                             self->answered(asked, std::move(response));
                                           });
  }

  void answered(const std::vector<std::shared_ptr<Read>>& asked, Result<wire::FetchResponse> response) {
    in_flight_ = false;
    if (!*alive_) return;
    for (const auto& read : asked) {
      const wire::FetchResponse::PartitionData* data = response ? find(*response, read->tp) : nullptr;
      if (!data) {
        read->client.retry_read(read);
        continue;
      }
      auto code = static_cast<ErrorCode>(data->error_code);
      if (code != ErrorCode::none) {
        if (may_retry(code))
          read->client.retry_read(read);
        else
          read->finish(code);
      } else if (!data->records || chain_size(*data->records) == 0) {
        reads_.push_back(read);
      } else {
        read->finish(Batches{*data->records, data->high_watermark, data->log_start_offset});
      }
    }
    if (!in_flight_) send();
  }

  const wire::FetchResponse::PartitionData* find(const wire::FetchResponse& response, const TopicPartition& tp) const {
    const auto* topic = node_.image().topic(tp.topic);
    for (const auto& t : response.responses) {
      if (!topic || t.topic_id != topic->id) continue;
      for (const auto& p : t.partitions) {
        if (p.partition_index == tp.partition) return &p;
      }
    }
    return nullptr;
  }

  broker::Services& node_;
  BrokerId leader_;
  std::shared_ptr<bool> alive_;
  std::list<std::shared_ptr<Read>> reads_;
  bool in_flight_ = false;
};

PartitionClient::PartitionClient(broker::Services& node) : node_(node) {}
PartitionClient::~PartitionClient() { close(); }
void PartitionClient::close() {
  *alive_ = false;
  waiting_.clear();  // leaves the partitions' lists
}

void PartitionClient::bounds(const TopicPartition& tp, WallMillis timestamp, std::function<void(Result<Bounds>)> done) {
  const auto* image = node_.image().partition(tp);
  if (!image) return done(ErrorCode::unknown_topic_or_partition);
  replication::Partition* partition = node_.replicas.find(tp);
  if (partition && partition->leads()) {
    Bounds b{partition->log_start_offset(), partition->high_watermark(), kNoOffset};
    if (timestamp < 0) return done(b);
    return partition->log().offset_for_timestamp(timestamp, b.high_watermark,
                                                 [b, done = std::move(done)](Result<log::TimestampOffset> at) mutable {
                                                   if (!at) return done(at.error());
                                                   b.timestamp_offset = at->offset;
                                                   done(b);
                                                 });
  }
  if (image->leader == kNoBroker || image->leader == node_.node_id()) return done(ErrorCode::leader_not_available);
  // Three questions about one partition cannot be put in one request: each partition may stand in it only once.
  struct Asked {
    Bounds bounds;
    ErrorCode failed = ErrorCode::none;
    int open = 0;
  };
  auto asked = std::make_shared<Asked>();
  auto ask = [this, tp, leader = image->leader, asked, done](int64_t what, Offset Bounds::*into) {
    ++asked->open;
    wire::ListOffsetsRequest request;
    request.replica_id = -1;
    request.topics.push_back({tp.topic, {{tp.partition, -1, what}}});
    replication::call<wire::ListOffsetsResponse>(
        node_.peers, leader, Lane::append, request, kListOffsetsVersion, kCallTimeout,
        [alive = alive_, asked, into, done](Result<wire::ListOffsetsResponse> r) {
          if (!*alive) return;
          ErrorCode code = r.code();
          if (r && (r->topics.size() != 1 || r->topics[0].partitions.size() != 1))
            code = ErrorCode::unknown_server_error;
          else if (r)
            code = static_cast<ErrorCode>(r->topics[0].partitions[0].error_code);
          if (code == ErrorCode::none)
            asked->bounds.*into = r->topics[0].partitions[0].offset;
          else
            asked->failed = code;
          if (--asked->open > 0) return;
          if (asked->failed != ErrorCode::none)
            done(asked->failed);
          else
            done(asked->bounds);
        });
  };
  asked->open = 1;
  ask(-2, &Bounds::log_start_offset);
  if (timestamp >= 0) ask(timestamp, &Bounds::timestamp_offset);
  --asked->open;
  ask(-1, &Bounds::high_watermark);
}

void PartitionClient::read(const TopicPartition& tp, Offset from, size_t bytes_max,
                           std::function<void(Result<Batches>)> done) {
  start_read(std::make_shared<Read>(*this, tp, from, bytes_max, std::move(done)));
}

void PartitionClient::start_read(const std::shared_ptr<Read>& r) {
  if (!*alive_) return;
  const auto* image = node_.image().partition(r->tp);
  if (!image) return r->finish(ErrorCode::unknown_topic_or_partition);
  replication::Partition* partition = node_.replicas.find(r->tp);
  if (partition && partition->leads()) return read_local(r, *partition);
  if (image->leader == kNoBroker || image->leader == node_.node_id()) return retry_read(r);
  auto& poller = pollers_[image->leader];
  if (!poller) poller = std::make_shared<Poller>(node_, image->leader, alive_);
  poller->add(r);
}

void PartitionClient::read_local(const std::shared_ptr<Read>& r, replication::Partition& partition) {
  if (r->from >= partition.high_watermark()) {
    r->waiting = true;
    r->partition = &partition;
    waiting_.insert(r);
    partition.watch(*r);
    return;
  }
  Batches out{{}, partition.high_watermark(), partition.log_start_offset()};
  partition.read(r->from, r->bytes_max, true, replication::Isolation::read_uncommitted,
                 [this, r, out, alive = alive_](Result<log::ReadResult> result) mutable {
                   if (!*alive) return;
                   if (!result) {
                     if (may_retry(result.code())) return retry_read(r);
                     return r->finish(result.error());
                   }
                   if (result->batches.empty()) return retry_read(r);
                   out.buffers = std::move(result->batches);
                   r->finish(std::move(out));
                 });
}

void PartitionClient::retry_read(const std::shared_ptr<Read>& r) {
  after(node_.runtime, kRetry, [this, r, alive = alive_] {
    if (*alive) start_read(r);
  });
}

void PartitionClient::append(const TopicPartition& tp, Buffer batch, Duration timeout,
                             std::function<void(Result<Offset>)> done) {
  start_append(std::make_shared<Append>(Append{tp, std::move(batch), node_.runtime.now() + timeout, std::move(done)}));
}

void PartitionClient::start_append(const std::shared_ptr<Append>& a) {
  if (!*alive_) return;
  const auto* image = node_.image().partition(a->tp);
  if (!image) return finish_append(a, ErrorCode::unknown_topic_or_partition);
  replication::Partition* partition = node_.replicas.find(a->tp);
  if (partition && partition->leads()) {
    // The log writes offsets into the bytes it keeps: a retry needs its own copy.
    return partition->produce(
        Buffer::copy_of(a->batch), -1, kCallTimeout, log::PartitionLog::Origin::client,
        [this, a, alive = alive_](Result<replication::ProduceOutcome> outcome) {
          if (*alive)
            finish_append(a, outcome ? Result<Offset>(outcome->base_offset) : Result<Offset>(outcome.error()));
        });
  }
  if (image->leader == kNoBroker || image->leader == node_.node_id())
    return finish_append(a, ErrorCode::leader_not_available);
  wire::ProduceRequest request;
  request.transactional_id = std::nullopt;
  request.acks = -1;
  request.timeout_ms = static_cast<int32_t>(kCallTimeout.count() / 1'000'000);
  wire::ProduceRequest::TopicProduceData topic;
  topic.name = a->tp.topic;
  topic.partition_data.push_back({a->tp.partition, BufferChain{a->batch}});
  request.topic_data.push_back(std::move(topic));
  replication::call<wire::ProduceResponse>(
      node_.peers, image->leader, Lane::append, request, kProduceVersion, kCallTimeout,
      [this, a, alive = alive_](Result<wire::ProduceResponse> r) {
        if (!*alive) return;
        if (!r) return finish_append(a, r.error());
        if (r->responses.size() != 1 || r->responses[0].partition_responses.size() != 1) {
          return finish_append(a, ErrorCode::unknown_server_error);
        }
        const auto& p = r->responses[0].partition_responses[0];
        if (p.error_code != 0) return finish_append(a, static_cast<ErrorCode>(p.error_code));
        finish_append(a, p.base_offset);
      });
}

void PartitionClient::finish_append(const std::shared_ptr<Append>& a, Result<Offset> result) {
  if (result || !may_retry(result.code()) || node_.runtime.now() >= a->deadline)
    return std::exchange(a->done, nullptr)(std::move(result));
  after(node_.runtime, kRetry, [this, a, alive = alive_] {
    if (*alive) start_append(a);
  });
}

}  // namespace weir::main
