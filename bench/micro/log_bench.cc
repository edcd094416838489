// The commit journal, the indexes and the recovery scan: what the log does for each append, each cold read and each
// start. Files go to WEIR_BENCH_DIR (default /var/tmp), so that a disk is measured and not a tmpfs.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "base/io/backends/make_runtime.h"
#include "base/io/thread_runtime.h"
#include "base/wire/record_batch.h"
#include "log/commit_journal.h"
#include "log/log_set.h"
#include "log/offset_index.h"
#include "log/time_index.h"

namespace weir::log {
namespace {

using namespace std::chrono_literals;

/// The runtime that a node would get here, driven by the bench's thread, and a folder that goes with it.
struct Bench {
  Bench() {
    std::string why;
    auto made = io::make_runtime(io::IoChoice::auto_, why);
    CHECK(made.ok(), "no runtime");
    runtime = std::move(*made);
    const char* base = std::getenv("WEIR_BENCH_DIR");
    dir = std::string(base ? base : "/var/tmp") + "/weir_log_bench." + std::to_string(::getpid());
    (void)disk().remove_tree(dir).ok();
    CHECK(disk().make_dirs(dir).ok(), "no folder");
  }
  ~Bench() { (void)disk().remove_tree(dir).ok(); }
  io::Disk& disk() { return runtime->disk(); }
  void turn() { static_cast<io::ThreadRuntime&>(*runtime).turn(100ms); }
  std::unique_ptr<io::Runtime> runtime;
  std::string dir;
};

Buffer batch_of(size_t record_bytes) {
  wire::RecordBatchBuilder b(wire::RecordBatchBuilder::Options{});
  b.append(1'700'000'000'000, std::nullopt, as_bytes(std::string(record_bytes, 'x')));
  return b.build();
}

/// One round: one batch for each partition, appended in one turn, until all are durable. Range: bytes of a record,
/// partitions.
void BM_AppendAndCommit(benchmark::State& state) {
  Bench bench;
  LogSetOptions options;
  options.dir = bench.dir;
  RecoveryReport report;
  auto set = LogSet::open(*bench.runtime, options, report);
  CHECK(set.ok(), "the set does not open");
  std::vector<PartitionLog*> logs;
  for (int32_t i = 0; i < state.range(1); ++i)
    logs.push_back((*set)->create({"t", i}, Uuid::from_random(1, 1), LogConfig{}).value());
  const Buffer batch = batch_of(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    for (PartitionLog* log : logs) {
      auto appended = log->append_as_leader(Buffer::copy_of(batch), 0);
      CHECK(appended.ok(), "refused");
    }
    auto waits = [&] {
      for (PartitionLog* log : logs)
        if (log->durable_offset() < log->log_end_offset()) return true;
      return false;
    };
    while (waits()) bench.turn();
  }
  const auto batches = static_cast<int64_t>(state.iterations()) * state.range(1);
  state.SetItemsProcessed(batches);
  state.SetBytesProcessed(batches * static_cast<int64_t>(batch.size()));
  state.counters["bytes/group"] = static_cast<double>((*set)->journal_bytes_written()) /
                                  static_cast<double>(std::max<uint64_t>((*set)->journal_groups_written(), 1));
  bool closed = false;
  (*set)->close([&](Status) { closed = true; });
  while (!closed) bench.turn();
}
BENCHMARK(BM_AppendAndCommit)
    ->Args({100, 1})
    ->Args({100, 100})
    ->Args({1024, 1})
    ->Args({1024, 100})
    ->Args({1000000, 1})
    ->UseRealTime()
    ->MeasureProcessCPUTime();

/// An index as of a full segment of 1 GiB with an entry every 4 KiB.
void BM_OffsetIndexLookup(benchmark::State& state) {
  OffsetIndex index(0);
  constexpr uint32_t kEntries = (1u << 30) / 4096;
  for (uint32_t i = 0; i < kEntries; ++i) index.append(i * 4 + 3, FilePos{i} * 4096);
  uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005u + 1;
    benchmark::DoNotOptimize(index.lookup(static_cast<Offset>((at >> 33) % (kEntries * 4ull))).value());
  }
}
BENCHMARK(BM_OffsetIndexLookup);

void BM_TimeIndexLookup(benchmark::State& state) {
  TimeIndex index(0);
  constexpr uint32_t kEntries = (1u << 30) / 4096;
  for (uint32_t i = 0; i < kEntries; ++i) index.append(1'700'000'000'000 + i * 10, i * 4 + 3);
  uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005u + 1;
    benchmark::DoNotOptimize(
        index.lookup(1'700'000'000'000 + static_cast<WallMillis>((at >> 33) % (kEntries * 10ull))));
  }
}
BENCHMARK(BM_TimeIndexLookup);

struct Quiet : JournalOwner {
  void on_journal_progress() override {}
  void on_journal_pressure(bool) override {}
  void on_journal_failed(const Error&) override { CHECK(false, "the journal failed"); }
};

/// The first pass of a start over a ring that is nearly full. Range: bytes of an entry.
void BM_RecoveryScan(benchmark::State& state) {
  Bench bench;
  constexpr uint64_t kRing = 32ull << 20;
  io::FileId file = bench.disk().open(bench.dir + "/ring", io::OpenMode::read_write).value();
  const std::vector<uint8_t> zeros(kRing, 0);
  CHECK(bench.disk().write_now(file, 0, zeros).ok(), "no ring");
  Quiet quiet;
  JournalMark begin;
  begin.position = CommitJournal::kBlock;
  int64_t entries = 0;
  {
    CommitJournal journal(*bench.runtime, quiet, JournalOptions{});
    journal.start(file, kRing, begin, 7);
    const Buffer body = Buffer::copy_of(std::vector<uint8_t>(static_cast<size_t>(state.range(0)), 'x'));
    while (journal.live_bytes() < kRing - (1u << 20)) {
      for (int i = 0; i < 16; ++i, ++entries) {
        JournalEntry e;
        e.offset = entries;
        e.bytes = body;
        journal.add(std::move(e));
      }
      while (!journal.idle()) bench.turn();
    }
  }
  uint64_t bytes = 0;
  for (auto _ : state) {
    JournalScan scan(bench.disk(), file, kRing);
    int64_t seen = 0;
    CHECK(scan.run(begin, [&](const JournalScan::Entry&) { return ++seen, Status(); }).ok(), "the scan failed");
    CHECK(seen == entries, "entries are missing", seen, entries);
    bytes += scan.bytes();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * entries);
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
  bench.disk().close(file);
}
BENCHMARK(BM_RecoveryScan)->Arg(160)->Arg(1100)->Arg(64 << 10)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::log
