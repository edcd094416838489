// The jobs of tests/sql/oracle against what Flink wrote for them, plain and with restarts.
#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/util/rng.h"
#include "base/wire/record_batch.h"
#include "processor/job/job_core.h"
#include "processor/sql/binder.h"
#include "processor/sql/variables.h"

namespace weir::processor {
namespace {

using Lines = std::vector<std::string>;

std::string read_file(const std::filesystem::path& p) {
  std::ifstream in(p, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

Lines split(const std::string& text) {
  Lines out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(line);
  return out;
}

Lines read_zst(const std::filesystem::path& p) {
  std::string packed = read_file(p), out;
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ZSTD_inBuffer in{packed.data(), packed.size(), 0};
  std::vector<char> chunk(1 << 16);
  while (in.pos < in.size) {
    ZSTD_outBuffer o{chunk.data(), chunk.size(), 0};
    EXPECT_FALSE(ZSTD_isError(ZSTD_decompressStream(context, &o, &in)));
    out.append(chunk.data(), o.pos);
  }
  ZSTD_freeDCtx(context);
  return split(out);
}

/// {"a":1,"b":"x"} to tokens: names and values in turn. Values of the oracle are flat.
Lines tokens(const std::string& json) {
  Lines out;
  for (size_t i = 1; i + 1 < json.size();) {
    if (json[i] == ',' || json[i] == ':') {
      ++i;
      continue;
    }
    size_t from = i;
    if (json[i] == '"') {
      for (++i; json[i] != '"'; ++i)
        if (json[i] == '\\') ++i;
      ++i;
    } else {
      while (json[i] != ',' && json[i] != '}') ++i;
    }
    out.push_back(json.substr(from, i - from));
  }
  return out;
}

/// Equal as the oracle's README says: doubles to 1e-9 relative, all else exactly.
bool same_row(const std::string& a, const std::string& b) {
  if (a == b) return true;
  Lines x = tokens(a), y = tokens(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    if (x[i].find('.') == std::string::npos || y[i].find('.') == std::string::npos) return false;
    double p = std::strtod(x[i].c_str(), nullptr), q = std::strtod(y[i].c_str(), nullptr);
    if (std::fabs(p - q) > 1e-9 * std::max(std::fabs(p), std::fabs(q))) return false;
  }
  return true;
}

void expect_rows(Lines got, const Lines& want, const std::string& what) {
  std::sort(got.begin(), got.end());
  ASSERT_EQ(got.size(), want.size()) << what;
  for (size_t i = 0; i < got.size(); ++i)
    ASSERT_TRUE(same_row(got[i], want[i])) << what << "\n got " << got[i] << "\nwant " << want[i];
}

struct Case {
  std::shared_ptr<const CompiledJob> job;
  std::vector<Lines> partitions;
  Lines expected;
};

Case load(const std::string& name) {
  std::filesystem::path dir = std::filesystem::path(WEIR_SOURCE_DIR) / "tests/sql/oracle" / name;
  Case c;
  auto script = substitute_variables(read_file(dir / "job.sql"),
                                     {{"IN", "in"}, {"OUT", "out"}, {"BOOTSTRAP", "127.0.0.1:9092"}});
  EXPECT_TRUE(script.ok());
  auto job = compile(*script);
  EXPECT_TRUE(job.ok()) << (job.ok() ? "" : job.error().message());
  c.job = std::make_shared<const CompiledJob>(std::move(*job));
  if (std::filesystem::exists(dir / "input.jsonl.zst")) c.partitions.push_back(read_zst(dir / "input.jsonl.zst"));
  for (int k = 0; std::filesystem::exists(dir / ("input.p" + std::to_string(k) + ".jsonl.zst")); ++k)
    c.partitions.push_back(read_zst(dir / ("input.p" + std::to_string(k) + ".jsonl.zst")));
  c.expected = split(read_file(dir / "expected.jsonl"));
  return c;
}

struct Schedule {
  size_t batch_rows = 500;
  wire::Compression compression = wire::Compression::none;
  size_t restart_every = 0;  // batches; 0: never
  uint64_t seed = 0;         // 0: partitions in turn; else random partitions and batch sizes
};

/// Runs the job as the runner would: batches, checkpoints, and now and then a new core from the last checkpoint.
Lines run(const Case& c, const Schedule& s, std::vector<OutputRow>* all = nullptr) {
  auto core = std::make_unique<JobCore>(c.job);
  std::vector<PartitionProgress> progress(c.partitions.size());
  for (size_t p = 0; p < progress.size(); ++p) progress[p].end_offset = static_cast<Offset>(c.partitions[p].size());
  core->set_partitions(0, progress);
  SplitMix64 random(s.seed);
  Lines out;
  int64_t last_sequence = 0;
  auto take = [&] {
    for (OutputRow& row : core->take_output()) {
      EXPECT_EQ(row.sequence, ++last_sequence);
      out.push_back(row.value);
      if (all) all->push_back(row);
    }
  };
  size_t batches = 0;
  while (!core->finished()) {
    for (size_t k = 0; k < c.partitions.size(); ++k) {
      size_t p = s.seed ? random.below(c.partitions.size()) : k;
      const PartitionProgress& at = core->partitions(0)[p];
      if (at.status == PartitionStatus::ended) continue;
      auto from = static_cast<size_t>(at.next_offset);
      size_t to = std::min(c.partitions[p].size(), from + (s.seed ? 1 + random.below(s.batch_rows) : s.batch_rows));
      wire::RecordBatchBuilder builder({.compression = s.compression, .base_offset = at.next_offset});
      for (size_t i = from; i < to; ++i) builder.append(0, std::nullopt, as_bytes(c.partitions[p][i]));
      Status status = core->add_batches(0, static_cast<PartitionId>(p), builder.build());
      EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message());
      if (!status.ok()) return out;
      take();
      if (s.restart_every && ++batches % s.restart_every == 0) {
        Buffer checkpoint = core->checkpoint();
        core = std::make_unique<JobCore>(c.job);
        Status restored = core->restore(checkpoint);
        EXPECT_TRUE(restored.ok()) << (restored.ok() ? "" : restored.error().message());
      }
    }
  }
  return out;
}

class Oracle : public testing::TestWithParam<const char*> {};

TEST_P(Oracle, GivesFlinksRows) {
  Case c = load(GetParam());
  expect_rows(run(c, {}), c.expected, "plain");
}

TEST_P(Oracle, GivesTheSameRowsWhateverTheBatchesAndRestarts) {
  Case c = load(GetParam());
  std::vector<OutputRow> plain;
  expect_rows(run(c, {}, &plain), c.expected, "plain");
  int variant = 0;
  for (size_t rows : {7u, 333u, 5000u}) {
    for (size_t every : {0u, 1u, 3u}) {
      if (rows == 7 && every == 1 && c.partitions[0].size() > 1000) every = 50;
      auto compression = static_cast<wire::Compression>(variant++ % 5);
      std::vector<OutputRow> rows_out;
      Schedule s{rows, compression, every, rows == 333 ? 17u + every : 0};
      expect_rows(run(c, s, &rows_out), c.expected,
                  "batches of " + std::to_string(rows) + ", restart every " + std::to_string(every));
      // The order is the same too: exactly-once rests on it.
      ASSERT_EQ(rows_out.size(), plain.size());
      for (size_t i = 0; i < plain.size(); ++i) ASSERT_EQ(rows_out[i].value, plain[i].value);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Flink, Oracle,
                         testing::Values("tumble-basic", "edge-tumble", "partition-skew", "cumulate-filter",
                                         "hop-percentile", "distinct-users"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace weir::processor
