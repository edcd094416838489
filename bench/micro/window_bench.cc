// The tumble of bench/compare/flink's m-tumble: count, avg, max by service and endpoint (200 keys) in 1-minute windows,
// and its parts.
//   weir_bench_window                  on records made here (113 bytes, in the form of the peers' generator)
//   WEIR_BENCH_JSONL=FILE weir_bench_window    on the lines of FILE
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "base/util/rng.h"
#include "base/wire/record_batch.h"
#include "processor/job/job_core.h"
#include "processor/ops/json_decoder.h"
#include "processor/sql/binder.h"

namespace weir::processor {
namespace {

std::string padded(uint64_t v, size_t width) {
  std::string s = std::to_string(v);
  return std::string(s.size() < width ? width - s.size() : 0, '0') + s;
}

std::vector<std::string> make_lines() {
  std::vector<std::string> out;
  if (const char* file = std::getenv("WEIR_BENCH_JSONL")) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }
  SplitMix64 r(1);
  static const int kStatus[] = {200, 200, 200, 200, 200, 200, 201, 404, 500, 503};
  for (uint64_t i = 0; i < 500'000; ++i) {
    uint64_t ts = 1700000040000 + i * 1000 / 2778 - r.below(5001);
    uint64_t a = r.below(20), b = r.below(20);
    out.push_back("{\"ts\":" + std::to_string(ts) + ",\"service\":\"svc-" + padded(a < b ? a : b, 2) +
                  "\",\"endpoint\":\"/api/v1/e" + padded(r.below(10), 2) +
                  "\",\"status\":" + std::to_string(kStatus[r.below(10)]) +
                  ",\"duration_ms\":" + std::to_string(1 + (r.below(24) << r.below(4))) + ",\"user\":\"u" +
                  padded(r.below(100'000), 7) + "\"}");
  }
  return out;
}

const std::vector<std::string>& lines() {
  static const std::vector<std::string> l = make_lines();
  return l;
}

/// The lines in batches of `rows`, as a log holds them.
std::vector<Buffer> batches(size_t rows, wire::Compression compression) {
  std::vector<Buffer> out;
  for (size_t i = 0; i < lines().size(); i += rows) {
    wire::RecordBatchBuilder b({.compression = compression, .base_offset = static_cast<Offset>(i)});
    for (size_t k = i; k < std::min(lines().size(), i + rows); ++k) b.append(0, std::nullopt, as_bytes(lines()[k]));
    out.push_back(b.build());
  }
  return out;
}

std::shared_ptr<const CompiledJob> job(const std::string& select) {
  auto r = compile(
      "CREATE TABLE events (ts BIGINT, service STRING, endpoint STRING, status INT, duration_ms BIGINT, `user` STRING, "
      "et AS TO_TIMESTAMP_LTZ(ts, 3), "
      "WATERMARK FOR et AS et - INTERVAL '5' SECOND) WITH ('connector'='kafka','topic'='in','format'='json');" +
      select);
  if (!r) throw std::runtime_error(r.error().message());
  return std::make_shared<const CompiledJob>(std::move(*r));
}

void run(benchmark::State& state, const std::string& select, size_t rows, wire::Compression compression) {
  auto compiled = job(select);
  std::vector<Buffer> input = batches(rows, compression);
  size_t bytes = 0, fired = 0;
  for (const std::string& l : lines()) bytes += l.size();
  for (auto _ : state) {
    JobCore core(compiled);
    core.set_partitions(0, {PartitionProgress{}});
    for (const Buffer& b : input) {
      if (!core.add_batches(0, 0, b)) state.SkipWithError("job failed");
      fired += core.take_output().size();
    }
    (void)core.end_partition(0, 0);
    fired += core.take_output().size();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(lines().size()));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
  state.counters["rows_out"] = static_cast<double>(fired) / static_cast<double>(state.iterations());
}

const char* kTumble =
    "CREATE TABLE o (window_start TIMESTAMP(3), window_end TIMESTAMP(3), service STRING, endpoint STRING, n BIGINT, "
    "avg_ms BIGINT, max_ms BIGINT) "
    "WITH ('connector'='kafka','topic'='out','format'='json');"
    "INSERT INTO o SELECT window_start, window_end, service, endpoint, COUNT(*), AVG(duration_ms), MAX(duration_ms) "
    "FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(et), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, service, "
    "endpoint;";

void Tumble(benchmark::State& state) { run(state, kTumble, 1000, wire::Compression::none); }
void TumbleLz4(benchmark::State& state) { run(state, kTumble, 1000, wire::Compression::lz4); }
void TumbleSmallBatches(benchmark::State& state) { run(state, kTumble, 10, wire::Compression::none); }
void HopP95(benchmark::State& state) {
  run(state,
      "CREATE TABLE o (window_start TIMESTAMP(3), window_end TIMESTAMP(3), service STRING, endpoint STRING, n BIGINT, "
      "p95 DOUBLE) "
      "WITH ('connector'='kafka','topic'='out','format'='json');"
      "INSERT INTO o SELECT window_start, window_end, service, endpoint, COUNT(*), PERCENTILE(duration_ms, 0.95) "
      "FROM TABLE(HOP(TABLE events, DESCRIPTOR(et), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)) GROUP BY window_start, "
      "window_end, service, endpoint;",
      1000, wire::Compression::none);
}
void DistinctUsers(benchmark::State& state) {
  run(state,
      "CREATE TABLE o (window_start TIMESTAMP(3), window_end TIMESTAMP(3), service STRING, n BIGINT, users BIGINT) "
      "WITH ('connector'='kafka','topic'='out','format'='json');"
      "INSERT INTO o SELECT window_start, window_end, service, COUNT(*), COUNT(DISTINCT `user`) "
      "FROM TABLE(TUMBLE(TABLE events, DESCRIPTOR(et), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, "
      "service;",
      1000, wire::Compression::none);
}

/// Only the JSON: the four fields that the tumble reads.
void Decode(benchmark::State& state) {
  auto compiled = job(kTumble);
  std::string all;
  std::vector<std::pair<size_t, size_t>> at;
  for (const std::string& l : lines()) at.emplace_back(all.size(), l.size()), all += l + "\n";
  all.append(64, ' ');
  JsonDecoder decoder(compiled->inputs[0].table, compiled->inputs[0].columns);
  for (auto _ : state) {
    size_t row = 0;
    for (auto [from, size] : at) {
      if (decoder.decode({all.data() + from, size}, all.size() - from, row) != JsonDecoder::Outcome::decoded)
        state.SkipWithError("broken");
      if (++row == kBatchRows) row = 0, decoder.clear();
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(at.size()));
}

BENCHMARK(Decode)->Unit(benchmark::kMillisecond);
BENCHMARK(Tumble)->Unit(benchmark::kMillisecond);
BENCHMARK(TumbleLz4)->Unit(benchmark::kMillisecond);
BENCHMARK(TumbleSmallBatches)->Unit(benchmark::kMillisecond);
BENCHMARK(HopP95)->Unit(benchmark::kMillisecond);
BENCHMARK(DistinctUsers)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::processor
