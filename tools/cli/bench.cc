#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>

#include <fmt/format.h>

#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/client/consumer.h"
#include "tools/client/producer.h"
#include "web/json_writer.h"

/// `weir bench`: rates and latencies by our own client, one batch in flight for each producer. For numbers to compare
/// with others, see bench/.
namespace weir::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Args {
  ClusterOptions cluster;
  std::string topic = "weir-bench", acks = "all", codec = "none";
  int64_t records = 200'000, rate = 0;
  int size = 200, batch = 500, producers = 1, seconds = 10;
};

int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now().time_since_epoch()).count();
}

/// Latencies in milliseconds; sorted once, at the end.
class Latencies {
 public:
  void add(int64_t ns) { values_.push_back(static_cast<double>(ns) / 1e6); }
  void merge(const Latencies& o) { values_.insert(values_.end(), o.values_.begin(), o.values_.end()); }
  void sort() { std::sort(values_.begin(), values_.end()); }
  double quantile(double q) const {
    if (values_.empty()) return 0;
    auto rank = static_cast<size_t>(q * static_cast<double>(values_.size()));
    return values_[std::min(rank, values_.size() - 1)];
  }
  size_t count() const { return values_.size(); }

 private:
  std::vector<double> values_;
};

void report(const Args& args, const char* what, int64_t records, double seconds, Latencies* latencies, const char* of) {
  double rate = seconds > 0 ? static_cast<double>(records) / seconds : 0, mib = rate * args.size / (1 << 20);
  if (latencies) latencies->sort();
  auto q = [&](double share) { return latencies->quantile(share); };
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_object()
        .field("bench", what)
        .field("records", records)
        .field("record_bytes", args.size)
        .field("seconds", seconds)
        .field("records_per_s", rate)
        .field("mib_per_s", mib);
    if (latencies) {
      w.field("latency_of", of)
          .field("samples", uint64_t{latencies->count()})
          .field("p50_ms", q(0.5))
          .field("p95_ms", q(0.95))
          .field("p99_ms", q(0.99))
          .field("p999_ms", q(0.999));
      w.field("max_ms", q(1));
    }
    fmt::print("{}\n", w.end_object().text());
    return;
  }
  fmt::print("{}: {} records of {} bytes in {:.2f} s: {} records/s, {:.1f} MiB/s\n", what, grouped(records), args.size,
             seconds, grouped(static_cast<int64_t>(rate)), mib);
  if (latencies)
    fmt::print("latency of {}: p50 {:.2f} ms, p95 {:.2f} ms, p99 {:.2f} ms, p99.9 {:.2f} ms, max {:.2f} ms\n", of,
               q(0.5), q(0.95), q(0.99), q(0.999), q(1));
}

Result<client::ProducerOptions> producer_options(const Args& args) {
  client::ProducerOptions options;
  if (args.acks == "0" || args.acks == "1")
    options.acks = args.acks == "1" ? 1 : 0;
  else if (args.acks != "all" && args.acks != "-1")
    return usage(fmt::format("--acks {}: expected all, 1 or 0", args.acks));
  auto codec = wire::parse_compression(args.codec);
  if (!codec) return usage(fmt::format("-z {}: expected none, gzip, snappy, lz4 or zstd", args.codec));
  options.compression = *codec;
  options.delivery_timeout_ms = args.cluster.timeout_s * 1000;
  return options;
}

/// Text that does not shrink to nothing, as a log line would not.
std::string payload(int size) {
  std::mt19937 random(1);
  std::string out(static_cast<size_t>(size), ' ');
  for (char& c : out) c = static_cast<char>('a' + random() % 26);
  return out;
}

Status produce_share(const Args& args, int64_t records, const client::ProducerOptions& options, Latencies& latencies) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY(client.topic(args.topic, true));
  client::Producer producer(client, options);
  std::vector<client::OutRecord> batch(static_cast<size_t>(args.batch),
                                       {std::nullopt, payload(args.size), wall_now_ms(), {}});
  int64_t started = now_ns(), sent = 0;
  while (sent < records) {
    auto n = static_cast<size_t>(std::min<int64_t>(args.batch, records - sent));
    TRY_ASSIGN(PartitionId partition, producer.partition_for(args.topic, std::nullopt));
    int64_t at = now_ns();
    TRY(producer.send({args.topic, partition}, std::span(batch).first(n)));
    latencies.add(now_ns() - at);
    sent += static_cast<int64_t>(n);
    if (args.rate > 0) {
      int64_t due = started + sent * 1'000'000'000 / args.rate * args.producers;
      if (int64_t wait = due - now_ns(); wait > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
    }
  }
  return {};
}

Status bench_produce(const Args& args) {
  TRY_ASSIGN(auto options, producer_options(args));
  auto count = static_cast<size_t>(args.producers);
  std::vector<Latencies> latencies(count);
  std::vector<Status> results(count);
  std::vector<std::thread> threads;
  int64_t started = now_ns();
  for (size_t i = 0; i < count; ++i) {
    int64_t share = args.records / args.producers + (static_cast<int64_t>(i) < args.records % args.producers ? 1 : 0);
    threads.emplace_back([&, i, share] { results[i] = produce_share(args, share, options, latencies[i]); });
  }
  for (std::thread& t : threads) t.join();
  double seconds = static_cast<double>(now_ns() - started) / 1e9;
  for (const Status& s : results) TRY(s);
  for (size_t i = 1; i < count; ++i) latencies[0].merge(latencies[i]);
  report(args, "produce", args.records, seconds, &latencies[0], fmt::format("a batch of {}", args.batch).c_str());
  return {};
}

Status bench_consume(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(auto partitions, client.partitions_of(args.topic));
  TRY_ASSIGN(auto start, client.list_offsets(partitions, -2));
  client::Consumer consumer(client, {.partition_bytes_max = 8 << 20});
  for (const auto& [tp, offset] : start) consumer.assign(tp, offset);
  int64_t started = now_ns(), records = 0, bytes = 0;
  while (records < args.records && !consumer.at_end()) {
    TRY(consumer.poll([&](const TopicPartition&, const wire::RecordView& r) {
      bytes += static_cast<int64_t>(r.value ? r.value->size() : 0);
      return ++records < args.records;
    }));
  }
  Args shown = args;
  if (records > 0) shown.size = static_cast<int>(bytes / records);
  report(shown, "consume", records, static_cast<double>(now_ns() - started) / 1e9, nullptr, "");
  return {};
}

/// Each record carries the time it was handed to the producer; the consumer, on a connection of its own, takes the
/// difference.
Status bench_e2e(const Args& args) {
  TRY_ASSIGN(auto options, producer_options(args));
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY(client.topic(args.topic, true));
  TRY_ASSIGN(auto partitions, client.partitions_of(args.topic));
  TRY_ASSIGN(auto ends, client.list_offsets(partitions, -1));
  client::Consumer consumer(client, {});
  for (const auto& [tp, offset] : ends) consumer.assign(tp, offset);
  int64_t rate = args.rate > 0 ? args.rate : 200, total = rate * args.seconds;
  std::atomic<bool> ended = false;
  Status produced;
  int64_t started = now_ns();
  std::thread writer([&] {
    produced = [&]() -> Status {
      TRY_ASSIGN(client::Client own, connect(args.cluster));
      client::Producer producer(own, options);
      client::OutRecord record{std::nullopt, payload(args.size), 0, {}};
      for (int64_t i = 0; i < total; ++i) {
        int64_t due = started + i * 1'000'000'000 / rate;
        if (int64_t wait = due - now_ns(); wait > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(wait));
        TRY_ASSIGN(PartitionId partition, producer.partition_for(args.topic, std::nullopt));
        int64_t at = now_ns();
        std::memcpy(record.value->data(), &at, sizeof at);
        record.timestamp = wall_now_ms();
        TRY(producer.send({args.topic, partition}, std::span(&record, 1)));
      }
      return {};
    }();
    ended = true;
  });
  Latencies latencies;
  int64_t received = 0;
  Status consumed;
  // After the producer's end a little longer, for what is still on its way; with acks=0 some of it may never come.
  for (int64_t quiet_since = now_ns(); received < total;) {
    auto got = consumer.poll([&](const TopicPartition&, const wire::RecordView& r) {
      if (!r.value || r.value->size() < sizeof(int64_t)) return true;
      int64_t at = 0;
      std::memcpy(&at, r.value->data(), sizeof at);
      if (at < started || at > now_ns()) return true;  // not one of ours
      latencies.add(now_ns() - at);
      return ++received < total;
    });
    if (!got) consumed = got.error();
    if (!got) break;
    if (*got > 0 || !ended)
      quiet_since = now_ns();
    else if (now_ns() - quiet_since > 3'000'000'000)
      break;
  }
  writer.join();
  TRY(produced);
  TRY(consumed);
  report(args, "e2e", received, static_cast<double>(now_ns() - started) / 1e9, &latencies,
         "a record, from producer to consumer");
  if (received < total && options.acks != 0)
    return failed(fmt::format("{} of {} records did not arrive", total - received, total));
  return {};
}

}  // namespace

void add_bench(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("bench", "Measure a cluster: rate and latency of writing and reading");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, std::function<Status()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    sub->add_option("-t,--topic", args->topic, "Topic; made when it is not there")->capture_default_str();
    add_cluster_options(*sub, args->cluster);
    set_action(*sub, exit_code, std::move(run));
    return sub;
  };
  auto writes = [&](CLI::App* sub) {
    sub->add_option("-s,--size", args->size, "Bytes of a value")
        ->capture_default_str()
        ->check(CLI::Range(8, 1'000'000));
    sub->add_option("--acks", args->acks, "all, 1 or 0")->capture_default_str();
    sub->add_option("-z,--compression", args->codec, "none, gzip, snappy, lz4 or zstd")->capture_default_str();
  };
  auto* p = add("produce", "Write records, one batch at a time for each producer",
                [args] { return bench_produce(*args); });
  writes(p);
  p->add_option("-n,--records", args->records, "How many")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  p->add_option("--batch", args->batch, "Records of a batch")->capture_default_str()->check(CLI::Range(1, 100'000));
  p->add_option("--producers", args->producers, "How many at a time, each with its own connections")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  p->add_option("--rate", args->rate, "Records a second of all together (default: as many as go)")
      ->check(CLI::Range(int64_t{1}, int64_t{100'000'000}));
  auto* c = add("consume", "Read a topic from its start", [args] { return bench_consume(*args); });
  c->add_option("-n,--records", args->records, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{1}, int64_t{1'000'000'000}));
  auto* e = add("e2e", "Latency from a producer to a consumer, record by record", [args] { return bench_e2e(*args); });
  writes(e);
  e->add_option("--rate", args->rate, "Records a second (default 200)")
      ->check(CLI::Range(int64_t{1}, int64_t{100'000}));
  e->add_option("--seconds", args->seconds, "How long")->capture_default_str()->check(CLI::Range(1, 86'400));
}

}  // namespace weir::cli
