#include "broker/main/series_tail.h"

#include <algorithm>
#include <cstdlib>

#include "base/wire/record_batch.h"
#include "processor/expr/flat_json.h"
#include "processor/expr/text.h"

namespace weir::main {
namespace {

constexpr Offset kBacklogRecords = 2000;  // per partition: what a page shows at first
constexpr size_t kReadBytes = 1 << 20;
constexpr Duration kTopicRetry = std::chrono::milliseconds(500);

/// Which columns of a sink are what.
struct Columns {
  std::string window_start, window_end;
  std::vector<std::string> keys, metrics;
};

Columns classify(const processor::Table& sink) {
  Columns c;
  for (const auto& column : sink.columns) {
    if (column.type.is_timestamp()) {
      // The first two timestamps are the window, by name when they have the usual ones.
      if (column.name == "window_end" ||
          (!c.window_start.empty() && c.window_end.empty() && column.name != "window_start"))
        c.window_end = column.name;
      else if (c.window_start.empty())
        c.window_start = column.name;
    } else if (column.type.is_numeric()) {
      c.metrics.push_back(column.name);
    } else {
      c.keys.push_back(column.name);
    }
  }
  return c;
}

int64_t parse_time(const std::string& text) {
  // "yyyy-MM-dd HH:mm:ss[.fff]", UTC.
  int y = 0, mo = 0, d = 0, h = 0, mi = 0;
  double s = 0;
  if (std::sscanf(text.c_str(), "%d-%d-%d%*c%d:%d:%lf", &y, &mo, &d, &h, &mi, &s) != 6) return 0;
  // Days since the epoch (Howard Hinnant, days_from_civil).
  int64_t yy = mo <= 2 ? y - 1 : y, era = (yy >= 0 ? yy : yy - 399) / 400;
  int64_t yoe = yy - era * 400, doy = (153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5 + d - 1,
          doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  int64_t days = era * 146097 + doe - 719468;
  return ((days * 24 + h) * 60 + mi) * 60'000 + static_cast<int64_t>(s * 1000 + 0.5);
}

}  // namespace

struct SeriesTails::Tail {
  std::string job;
  web::SeriesTable table;
  Columns columns;
  bool active = true;
  std::shared_ptr<web::SeriesSink> sink;

  web::SeriesRow row_of(const std::vector<processor::JsonField>& fields) const {
    web::SeriesRow row;
    row.job = job;
    row.table = table.table;
    row.keys.resize(columns.keys.size());
    row.metrics.resize(columns.metrics.size());
    for (const auto& f : fields) {
      if (f.name == columns.window_start)
        row.window_start_ms = parse_time(f.text);
      else if (f.name == columns.window_end)
        row.window_end_ms = parse_time(f.text);
      for (size_t i = 0; i < columns.keys.size(); ++i) {
        if (columns.keys[i] == f.name) row.keys[i] = f.text;
      }
      for (size_t i = 0; i < columns.metrics.size(); ++i) {
        if (columns.metrics[i] == f.name && f.kind == processor::JsonField::Kind::number)
          row.metrics[i] = std::strtod(f.text.c_str(), nullptr);
      }
    }
    if (columns.window_end.empty()) row.window_end_ms = row.window_start_ms;
    return row;
  }

  void push(const BufferChain& buffers, Offset& next) {
    std::vector<web::SeriesRow> rows;
    for (const Buffer& b : buffers) {
      wire::BatchIterator batches(b);
      while (auto batch = batches.next()) {
        Offset from = next;
        next = std::max(next, batch->end_offset());
        auto records = wire::RecordIterator::open(*batch);
        if (batch->is_control() || !records) continue;
        while (auto r = records->next()) {
          if (r->offset < from || !r->value) continue;
          auto fields = processor::parse_flat_json(as_string(*r->value));
          if (fields) rows.push_back(row_of(*fields));
        }
      }
    }
    if (!rows.empty() && sink) sink->rows(std::move(rows));
  }
};

void SeriesTails::set_sink(std::shared_ptr<web::SeriesSink> sink) {
  sink_ = std::move(sink);
  for (auto& [job, tail] : tails_) {
    tail->sink = sink_;
    if (sink_) sink_->table(tail->table);
  }
}

void SeriesTails::follow(const std::string& job, const processor::CompiledJob& compiled) {
  forget(job);
  if (!sink_) return;
  for (const auto& pipeline : compiled.pipelines) {
    auto tail = std::make_shared<Tail>();
    tail->job = job;
    tail->columns = classify(pipeline.sink);
    tail->table = {job, pipeline.sink.name, pipeline.sink.topic, tail->columns.keys, tail->columns.metrics};
    tail->sink = sink_;
    sink_->table(tail->table);
    tails_.emplace(job, tail);
    start(tail);
  }
}

/// One chain of reads for each partition of the topic, begun when the topic is there.
void SeriesTails::start(const std::shared_ptr<Tail>& tail) {
  if (!tail->active) return;
  std::string name = tail->table.topic;
  node_.metadata_waiter.wait(
      node_.replicas.image(), [name](const replication::MetadataImage& image) { return image.topic(name) != nullptr; },
      std::chrono::hours(24 * 365),
      [this, tail, name](bool there) {
        const auto* topic = there && tail->active ? node_.image().topic(name) : nullptr;
        if (!topic) return;
        for (size_t i = 0; i < topic->partitions.size(); ++i) {
          TopicPartition tp{name, static_cast<PartitionId>(i)};
          // Each step asks for the next; the functions hold themselves alive through the request in flight.
          struct Reader : std::enable_shared_from_this<Reader> {
            PartitionClient& partitions;
            io::Runtime& runtime;
            std::shared_ptr<Tail> tail;
            TopicPartition tp;
            Offset next = 0;
            std::unique_ptr<io::Timer> timer;
            Reader(PartitionClient& p, io::Runtime& r, std::shared_ptr<Tail> t, TopicPartition q)
                : partitions(p), runtime(r), tail(std::move(t)), tp(std::move(q)) {}
            void begin() {
              if (!tail->active) return;
              partitions.bounds(tp, -1, [self = shared_from_this()](Result<PartitionClient::Bounds> b) {
                if (!b) return self->later();
                self->next = std::max(b->log_start_offset, b->high_watermark - kBacklogRecords);
                self->read();
              });
            }
            void later() {
              if (!tail->active) return;
              timer = std::make_unique<io::Timer>([self = shared_from_this()] { self->begin(); });
              runtime.arm_in(*timer, kTopicRetry);
            }
            void read() {
              if (!tail->active) return;
              partitions.read(tp, next, kReadBytes, [self = shared_from_this()](Result<PartitionClient::Batches> r) {
                if (!self->tail->active) return;
                if (!r) return self->later();
                self->tail->push(r->buffers, self->next);
                self->runtime.defer([self] { self->read(); });
              });
            }
          };
          std::make_shared<Reader>(partitions_, node_.runtime, tail, tp)->begin();
        }
      });
}

void SeriesTails::forget(const std::string& job) {
  auto [from, to] = tails_.equal_range(job);
  if (from == to) return;
  for (auto it = from; it != to; ++it) it->second->active = false;
  tails_.erase(from, to);
  if (sink_) sink_->drop(job);
}

void SeriesTails::clear() {
  for (auto& [job, tail] : tails_) tail->active = false;
  tails_.clear();
}

}  // namespace weir::main
