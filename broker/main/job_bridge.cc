#include "broker/main/job_bridge.h"

#include <algorithm>
#include <charconv>
#include <deque>

#include "base/wire/record_batch.h"
#include "broker/topic_creator.h"

namespace weir::main {
namespace {

constexpr size_t kBatchBytesMax = 512 << 10;
constexpr Duration kAppendTimeout = std::chrono::minutes(10);
constexpr size_t kScanBytes = 1 << 20;

/// Brings an answer from the shard to the worker, unless the asker is gone by then.
template <class R>
std::function<void(R)> on_worker(io::Runtime& worker, std::shared_ptr<bool> alive, std::function<void(R)> done) {
  return [&worker, alive = std::move(alive), done = std::move(done)](R result) {
    worker.post([alive, done, result = std::move(result)]() mutable {
      if (*alive) done(std::move(result));
    });
  };
}

/// Asks `n` times; `done` gets all answers in order, or the first error. ask(i, answered) calls back once. Not for
/// none.
template <class T, class Ask>
void gather(size_t n, const Ask& ask, std::function<void(Result<std::vector<T>>)> done) {
  struct Gathered {
    std::vector<T> answers;
    size_t open;
    std::function<void(Result<std::vector<T>>)> done;
  };
  auto all = std::make_shared<Gathered>(Gathered{std::vector<T>(n), n, std::move(done)});
  for (size_t i = 0; i < n; ++i) {
    ask(i, [all, i](Result<T> answer) {
      if (!all->done) return;  // one failed before
      if (!answer) return std::exchange(all->done, nullptr)(answer.error());
      all->answers[i] = *answer;
      if (--all->open == 0) std::exchange(all->done, nullptr)(std::move(all->answers));
    });
  }
}

/// Asks every partition of a topic.
void describe_all(BridgeEnds& ends, const std::string& topic, WallMillis timestamp,
                  std::function<void(Result<std::vector<PartitionClient::Bounds>>)> done) {
  const auto* image = ends.node.image().topic(topic);
  if (!image) return done(Error(ErrorCode::unknown_topic_or_partition, "job", "there is no topic " + topic));
  auto ask = [&](size_t i, auto answered) {
    ends.partitions.bounds({topic, static_cast<PartitionId>(i)}, timestamp, std::move(answered));
  };
  gather<PartitionClient::Bounds>(image->partitions.size(), ask, std::move(done));
}

}  // namespace

void BridgeSource::describe(const std::string& topic, int64_t timestamp_ms, Described done) {
  auto back = on_worker<Result<std::vector<processor::PartitionBounds>>>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post([ends = ends_, topic, timestamp_ms, back]() mutable {
    describe_all(ends, topic, timestamp_ms, [back](Result<std::vector<PartitionClient::Bounds>> all) {
      if (!all) return back(all.error());
      std::vector<processor::PartitionBounds> out;
      for (const auto& b : *all) out.push_back({b.log_start_offset, b.high_watermark, b.timestamp_offset});
      back(std::move(out));
    });
  });
}

void BridgeSource::fetch(const std::string& topic, PartitionId partition, Offset from, size_t bytes_max,
                         FetchDone done) {
  auto back = on_worker<Result<Batches>>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post([ends = ends_, tp = TopicPartition{topic, partition}, from, bytes_max, back]() mutable {
    ends.partitions.read(tp, from, bytes_max, [back](Result<PartitionClient::Batches> r) {
      if (!r) return back(r.error());
      back(Batches{std::move(r->buffers), r->high_watermark, r->log_start_offset});
    });
  });
}

/// The shard's half of the sink.
class BridgeSink::Writer : public std::enable_shared_from_this<Writer> {
 public:
  explicit Writer(BridgeEnds ends) : ends_(ends) {}

  struct Request {
    std::string header;
    std::vector<processor::SinkRow> rows;
    std::function<void(Result<Offset>)> done;
  };

  void append(const TopicPartition& tp, Request request) {
    lanes_[tp].waiting.push_back(std::move(request));
    if (producer_id_ != kNoProducerId) return pump(tp);
    if (std::exchange(asking_, true)) return;
    ask_producer_id();
  }
  void close() { closed_ = true; }

 private:
  struct LanePart {
    std::deque<Request> waiting;
    bool in_flight = false;
    int32_t sequence = 0;
  };

  void ask_producer_id() {
    ends_.node.producer_ids.next([self = shared_from_this()](Result<ProducerId> id) {
      if (self->closed_) return;
      if (!id) return self->ask_producer_id();  // it waited for the controller already
      self->producer_id_ = *id;
      for (auto& [tp, lane] : self->lanes_) self->pump(tp);
    });
  }

  /// One batch at a time, of rows of one or more requests.
  void pump(const TopicPartition& tp) {
    LanePart& lane = lanes_[tp];
    if (lane.in_flight || lane.waiting.empty() || closed_) return;
    wire::RecordBatchBuilder::Options options;
    options.producer_id = producer_id_;
    options.producer_epoch = 0;
    options.base_sequence = lane.sequence;
    wire::RecordBatchBuilder builder(options);
    WallMillis now = ends_.node.runtime.wall_now();
    struct Part {
      std::function<void(Result<Offset>)> done;
      int32_t end;
    };
    std::vector<Part> parts;
    while (!lane.waiting.empty() && builder.size_in_bytes() < kBatchBytesMax) {
      Request& r = lane.waiting.front();
      size_t taken = 0;
      for (const auto& row : r.rows) {
        if (builder.size_in_bytes() >= kBatchBytesMax) break;
        std::string sequence = std::to_string(row.sequence);
        wire::RecordHeaderView headers[] = {{processor::kJobHeader, as_bytes(r.header)},
                                            {processor::kSequenceHeader, as_bytes(sequence)}};
        builder.append(now, std::nullopt, as_bytes(row.value), headers);
        ++taken;
      }
      if (taken < r.rows.size()) {
        r.rows.erase(r.rows.begin(), r.rows.begin() + static_cast<ptrdiff_t>(taken));
        break;
      }
      parts.push_back({std::move(r.done), builder.count()});
      lane.waiting.pop_front();
    }
    lane.in_flight = true;
    lane.sequence = static_cast<int32_t>((int64_t{lane.sequence} + builder.count()) & 0x7fffffff);
    ends_.partitions.append(tp, builder.build(), kAppendTimeout,
                            [self = shared_from_this(), tp, parts = std::move(parts)](Result<Offset> base) {
                              if (self->closed_) return;
                              self->lanes_[tp].in_flight = false;
                              for (const Part& p : parts)
                                p.done(base ? Result<Offset>(*base + p.end) : Result<Offset>(base.error()));
                              self->pump(tp);
                            });
  }

  BridgeEnds ends_;
  ProducerId producer_id_ = kNoProducerId;
  bool asking_ = false, closed_ = false;
  std::map<TopicPartition, LanePart> lanes_;
};

BridgeSink::BridgeSink(BridgeEnds ends) : ends_(ends), writer_(std::make_shared<Writer>(ends)) {}

void BridgeSink::close() {
  *alive_ = false;
  if (!writer_) return;
  ends_.node.runtime.post([writer = std::move(writer_)] { writer->close(); });
  writer_.reset();
}

void BridgeSink::open(const std::string& topic, Opened done) {
  auto back = on_worker<Result<std::vector<Offset>>>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post([ends = ends_, topic, back]() mutable {
    ends.node.topics.ensure(topic, [ends, topic, back](ErrorCode code) mutable {
      if (code != ErrorCode::none) return back(Error(code, "job", "output topic " + topic));
      describe_all(ends, topic, -1, [back](Result<std::vector<PartitionClient::Bounds>> all) {
        if (!all) return back(all.error());
        std::vector<Offset> ends_of;
        for (const auto& b : *all) ends_of.push_back(b.high_watermark);
        back(std::move(ends_of));
      });
    });
  });
}

namespace {

/// The highest sequence of one job in whole batches; and where they end.
void scan(ConstBytes bytes, const std::string& job_header, int64_t& highest, Offset& next) {
  wire::BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    next = std::max(next, batch->end_offset());
    if (batch->is_control()) continue;
    auto records = wire::RecordIterator::open(*batch);
    if (!records) continue;
    while (auto r = records->next()) {
      bool mine = false;
      int64_t sequence = 0;
      for (const auto& h : r->headers()) {
        if (!h.value) continue;
        std::string_view value = as_string(*h.value);
        if (h.key == processor::kJobHeader)
          mine = value == job_header;
        else if (h.key == processor::kSequenceHeader)
          std::from_chars(value.data(), value.data() + value.size(), sequence);
      }
      if (mine) highest = std::max(highest, sequence);
    }
  }
}

struct Scan : std::enable_shared_from_this<Scan> {
  Scan(BridgeEnds e, TopicPartition t, std::string h, Offset f, Offset u, std::function<void(Result<int64_t>)> d)
      : ends(e), tp(std::move(t)), header(std::move(h)), from(f), until(u), done(std::move(d)) {}
  void step() {
    if (from >= until) return done(highest);
    ends.partitions.read(tp, from, kScanBytes, [self = shared_from_this()](Result<PartitionClient::Batches> r) {
      if (!r && r.code() == ErrorCode::offset_out_of_range) return self->done(self->highest);  // retention took it
      if (!r) return self->done(r.error());
      for (const Buffer& b : r->buffers) scan(b, self->header, self->highest, self->from);
      self->ends.node.runtime.defer([self] { self->step(); });
    });
  }
  BridgeEnds ends;
  TopicPartition tp;
  std::string header;
  Offset from, until;
  std::function<void(Result<int64_t>)> done;
  int64_t highest = 0;
};

}  // namespace

void BridgeSink::last_sequences(const std::string& topic, const std::string& job_header,
                                const std::vector<Offset>& from, LastSequences done) {
  auto back = on_worker<Result<std::vector<int64_t>>>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post([ends = ends_, topic, job_header, from, back]() mutable {
    describe_all(ends, topic, -1,
                 [ends, topic, job_header, from, back](Result<std::vector<PartitionClient::Bounds>> all) {
                   if (!all) return back(all.error());
                   auto ask = [&](size_t i, auto found) {
                     const auto& b = (*all)[i];
                     Offset start = std::max(i < from.size() ? from[i] : 0, b.log_start_offset);
                     std::make_shared<Scan>(ends, TopicPartition{topic, static_cast<PartitionId>(i)}, job_header, start,
                                            b.high_watermark, std::move(found))
                         ->step();
                   };
                   gather<int64_t>(all->size(), ask, back);
                 });
  });
}

void BridgeSink::append(const std::string& topic, PartitionId partition, const std::string& job_header,
                        std::vector<processor::SinkRow> rows, Appended done) {
  auto back = on_worker<Result<Offset>>(ends_.worker, alive_, std::move(done));
  auto shared = std::make_shared<std::vector<processor::SinkRow>>(std::move(rows));
  ends_.node.runtime.post([writer = writer_, tp = TopicPartition{topic, partition}, job_header, shared, back] {
    writer->append(tp, {job_header, std::move(*shared), back});
  });
}

void BridgeStore::write(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) {
  auto back = on_worker<Status>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post(
      [ends = ends_, job_id, bytes, back] { ends.checkpoints.write_checkpoint(job_id, bytes, back); });
}

void BridgeStore::read_latest(const std::string& job_id, std::function<void(Result<std::optional<Buffer>>)> done) {
  auto back = on_worker<Result<std::optional<Buffer>>>(ends_.worker, alive_, std::move(done));
  ends_.node.runtime.post([ends = ends_, job_id, back] { back(ends.checkpoints.last_checkpoint(job_id)); });
}

void BridgeStore::remove(const std::string& job_id, std::function<void(Status)> done) {
  // An empty value: a tombstone.
  write(job_id, Buffer(), std::move(done));
}

}  // namespace weir::main
