#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "log/faults.h"
#include "tests/log/log_test_util.h"
#include "tests/sim/sim_fs.h"

namespace weir::log {
namespace {

/// What a log must hold, kept beside it: batches by base offset, everything ever offered at an offset, and what was
/// promised.
struct Model : LogListener {
  std::map<Offset, std::string> batches;            // the log as it is in memory
  std::map<Offset, std::set<std::string>> history;  // what may come back when it was not durable
  Offset floor = 0;                                 // promised: everything below survives
  Offset start = 0;
  bool failed = false;
  PartitionLog* log = nullptr;
  void on_durable(Offset durable) override {
    if (!node->doomed()) floor = std::max(floor, durable);  // nobody hears it any more
  }
  sim::SimNode* node = nullptr;
  void on_storage_failed(const Error&) override { failed = true; }
};

std::vector<std::string> split(const std::string& content) {
  std::vector<std::string> out;
  for (size_t at = 0; at < content.size();) {
    BatchHeader b(reinterpret_cast<const uint8_t*>(content.data()) + at);
    EXPECT_TRUE(check_stored_batch(b).ok());
    out.push_back(content.substr(at, b.size()));
    at += b.size();
  }
  return out;
}
BatchHeader header(const std::string& batch) { return BatchHeader(reinterpret_cast<const uint8_t*>(batch.data())); }

class CrashRun {
 public:
  explicit CrashRun(uint64_t seed) : random_(seed), s_("/data/log", seed) {
    s_.options.journal_bytes_initial = 64 * 4096 * (1 + random_.below(4));
    s_.options.journal_bytes_max = s_.options.journal_bytes_initial * (1 + random_.below(3));
    s_.options.tail_cache_bytes = random_.chance(1, 2) ? 20'000 : 1 << 20;
    s_.config.segment_bytes = 6'000 + random_.below(40'000);
    s_.config.index_interval_bytes = 500;
    s_.config.retention_ms = -1;
    s_.options.until_configured = s_.config;
  }

  void run(int steps) {
    ASSERT_TRUE(s_.open().ok());
    cells_offered_ = {};
    for (int p = 0; p < 3; ++p) make(p);
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
  }

 private:
  void in_turn(std::function<void()> what) {
    bool ran = false;
    s_.runtime->post([&] { what(), ran = true; });
    for (int i = 0; i < 1000 && !ran; ++i) s_.world->run_for(std::chrono::microseconds(20));
    ASSERT_TRUE(ran);
  }

  void make(int p) {
    in_turn([&] {
      Model& m = models_[p];
      m.node = &s_.world->node(0);
      m.log = &s_.make("t", p);
      m.log->set_listener(&m);
    });
  }

  void append(Model& m) {
    int n = 1 + static_cast<int>(random_.below(3));
    std::vector<Buffer> parts;
    for (int i = 0; i < n; ++i) {
      BatchSpec spec{.records = 1 + static_cast<int>(random_.below(5)),
                     .value_size = random_.below(random_.chance(1, 10) ? 9000 : 400)};
      spec.fill = static_cast<char>('a' + random_.below(26));
      parts.push_back(make_batch(spec));
    }
    epoch_ += random_.chance(1, 10) ? 1 : 0;
    Buffer all = concat(parts);
    Offset base = m.log->log_end_offset();
    auto info = m.log->append_as_leader(all, epoch_, PartitionLog::Origin::client);
    if (!info) return;
    EXPECT_EQ(info->base_offset, base);
    std::string bytes(reinterpret_cast<const char*>(all.data()), all.size());
    for (std::string& b : split(bytes)) {
      Offset at = header(b).base_offset();
      m.history[at].insert(b);
      m.batches[at] = std::move(b);
    }
  }

  void cut(Model& m, Offset end) {
    m.batches.erase(m.batches.lower_bound(end), m.batches.end());
    m.floor = std::min(m.floor, end);
  }

  void step() {
    int p = static_cast<int>(random_.below(models_.size()));
    Model& m = models_[p];
    uint64_t what = random_.below(100);
    if (what < 70) {
      in_turn([&] {
        for (uint64_t n = random_.below(6); n > 0; --n)
          append(models_[static_cast<int>(random_.below(models_.size()))]);
      });
    } else if (what < 76) {
      in_turn([&] {
        Offset end = m.log->log_end_offset();
        if (end <= m.log->log_start_offset()) return;
        Offset to = end - static_cast<Offset>(random_.below(
                              static_cast<uint64_t>(std::min<Offset>(end - m.log->log_start_offset(), 40)) + 1));
        ASSERT_TRUE(m.log->truncate_to(to).ok());
        cut(m, m.log->log_end_offset());
        if (random_.chance(1, 2)) append(m);
      });
    } else if (what < 78) {
      in_turn([&] {
        Offset to = m.log->log_end_offset() + static_cast<Offset>(random_.below(10));
        ASSERT_TRUE(m.log->truncate_fully_and_start_at(to).ok());
        m.batches.clear();
        m.floor = 0;
        m.start = to;
        append(m);
      });
    } else if (what < 80) {
      in_turn([&] {
        Offset room = m.log->durable_offset() - m.log->log_start_offset();
        if (room <= 0) return;
        m.start = m.log->log_start_offset() + static_cast<Offset>(random_.below(static_cast<uint64_t>(room)));
        ASSERT_TRUE(m.log->advance_log_start(m.start).ok());
      });
    } else if (what < 82) {
      in_turn([&] { s_.set->tick(); });
    } else if (what < 84) {
      in_turn([&] {
        ASSERT_TRUE(s_.set->remove({"t", p}).ok());
        models_[p].batches.clear();
        models_[p].floor = models_[p].start = 0;
      });
      make(p);
    } else if (what < 86) {
      in_turn([&] {
        std::string value(1, static_cast<char>('a' + random_.below(26)));
        cells_offered_.push_back(value);
        s_.set->write_cell("vote", as_bytes(value), [this, value](Status st) {
          if (!st || s_.world->node(0).doomed()) return;
          while (cells_offered_.front() != value) cells_offered_.pop_front();
          cell_ = value;
        });
      });
    } else if (what < 94) {
      s_.world->run_for(std::chrono::microseconds(random_.below(random_.chance(1, 5) ? 600'000 : 3'000)));
    } else if (what < 95) {
      // A disk that fills up, and one where there is room again.
      sim::SimFs& fs = s_.world->node(0).fs();
      fs.quota_bytes = fs.quota_bytes == UINT64_MAX ? fs.used_bytes() + random_.below(60'000) : UINT64_MAX;
    } else {
      crash();
      return;
    }
    s_.set->check_invariants();
  }

  void crash() {
    sim::SimNode& node = s_.world->node(0);
    uint64_t kind = random_.below(4);
    bool clean = false;
    if (getenv("WEIR_TRACE")) std::fprintf(stderr, "crash kind %d\n", static_cast<int>(kind));
    if (kind == 0) {
      std::optional<Status> closed;
      in_turn([&] { s_.set->close([&](Status st) { closed = st; }); });
      s_.world->run_for(std::chrono::seconds(5));
      ASSERT_TRUE(closed.has_value());
      EXPECT_TRUE(closed->ok() || closed->code() == ErrorCode::no_space) << closed->error().message();
      clean = closed->ok();
      node.power_off();
    } else if (kind == 1) {
      node.kill();
    } else {
      if (kind == 3) {
        node.power_off_at_disk_change(1 + random_.below(30));
        s_.runtime->post([&] {
          for (int i = 0; i < 8; ++i) append(models_[static_cast<int>(random_.below(models_.size()))]);
        });
        s_.world->run_for(std::chrono::milliseconds(random_.below(300)));
      }
      node.power_off();
    }
    s_.set.reset();
    reopen(clean);
  }

  void reopen(bool clean) {
    sim::SimNode& node = s_.world->node(0);
    for (int tries = 0; tries < 3; ++tries) {
      s_.runtime = &node.start_shard();
      bool again = tries < 2 && random_.chance(1, 4);
      if (getenv("WEIR_TRACE")) std::fprintf(stderr, "open again %d\n", again);
      if (again) node.power_off_at_disk_change(1 + random_.below(20));
      Status opened = s_.open();
      if (!again && opened.code() == ErrorCode::no_space) {
        node.fs().quota_bytes = UINT64_MAX;
        node.kill();
        s_.runtime = &node.start_shard();
        opened = s_.open();
        clean = false;
      }
      if (!again) {
        ASSERT_TRUE(opened.ok()) << opened.error().message();
        break;
      }
      node.power_off();
      s_.set.reset();
      clean = false;
    }
    EXPECT_TRUE(!clean || s_.report.clean_shutdown);
    if (getenv("WEIR_TRACE"))
      std::fprintf(stderr, "replayed %d groups, %d batches\n", static_cast<int>(s_.report.journal_groups_replayed),
                   static_cast<int>(s_.report.batches_restored));
    std::string cell(as_string(s_.set->read_cell("vote")));
    EXPECT_TRUE(cell.empty() ? cell_.empty() : std::count(cells_offered_.begin(), cells_offered_.end(), cell) > 0)
        << cell << " after " << cell_;
    cells_offered_ = {cell};
    cell_ = cell;
    for (auto& [p, m] : models_) verify(p, m);
  }

  static std::string around(const std::map<Offset, std::string>& found, Offset at) {
    std::string out;
    auto it = found.upper_bound(at);
    for (int i = 0; i < 3 && it != found.begin(); ++i) --it;
    for (int i = 0; i < 6 && it != found.end(); ++i, ++it)
      out += std::to_string(it->first) + "-" + std::to_string(header(it->second).end_offset()) + " ";
    return out;
  }

  void verify(int p, Model& m) {
    PartitionLog* log = s_.set->find({"t", p});
    if (log == nullptr && m.floor == 0) {  // never durable, or removed
      m.batches.clear();
      m.start = 0;
      return make(p);
    }
    ASSERT_NE(log, nullptr) << "partition " << p << " is gone; promised " << m.floor;
    std::string all = s_.content(*log);
    EXPECT_GE(log->log_end_offset(), m.floor) << "durable records lost on " << p;
    std::map<Offset, std::string> found;
    for (std::string& b : split(all)) {
      Offset at = header(b).base_offset();
      EXPECT_TRUE(m.history[at].contains(b)) << "a batch at " << at << " that nobody wrote";
      found[at] = std::move(b);
    }
    for (const auto& [at, b] : m.batches) {
      if (header(b).end_offset() > m.floor || header(b).end_offset() <= log->log_start_offset()) continue;
      EXPECT_TRUE(found.contains(at) && found[at] == b)
          << "the durable batch at " << at << " of " << p << " is not there; floor " << m.floor
          << "; around: " << around(found, at);
    }
    EXPECT_TRUE(m.floor <= m.start || log->log_start_offset() <= m.start);
    m.batches = std::move(found);
    m.floor = log->durable_offset();
    EXPECT_EQ(m.floor, log->log_end_offset());
    m.start = log->log_start_offset();
    m.log = log;
    log->set_config(s_.config);
    log->set_listener(&m);
  }

  SplitMix64 random_;
  SimLogs s_;
  std::map<int, Model> models_;
  std::string cell_;
  std::deque<std::string> cells_offered_;  // from the last one that was acknowledged on
  LeaderEpoch epoch_ = 1;
};

class LogCrash : public ::testing::TestWithParam<int> {};

TEST_P(LogCrash, NothingDurableIsLostAndNothingInvented) {
  const char* only = getenv("WEIR_SEED");
  const char* more = getenv("WEIR_SEEDS");
  for (uint64_t i = 0; i < (more ? std::strtoull(more, nullptr, 10) : 20) && !HasFailure(); ++i) {
    uint64_t seed = static_cast<uint64_t>(GetParam()) * 100000 + i + 1;
    if (only != nullptr && seed != std::strtoull(only, nullptr, 10)) continue;
    SCOPED_TRACE("seed " + std::to_string(seed));
    if (getenv("WEIR_TRACE")) std::fprintf(stderr, "seed %d\n", static_cast<int>(seed));
    CrashRun(seed).run(250);
  }
}

/// Whether some seed complains, in a process of its own: a broken log may well end in a CHECK.
bool caught(bool Mutations::*bug) {
  pid_t child = fork();
  if (child == 0) {
    mutations().*bug = true;
    if (!std::freopen("/dev/null", "w", stdout) || !std::freopen("/dev/null", "w", stderr)) _exit(0);
    for (uint64_t seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) CrashRun(seed).run(250);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status != 0;
}

TEST(LogCrashMutations, EachDeliberateBugIsCaught) {
  EXPECT_TRUE(caught(&Mutations::ack_before_sync));
  EXPECT_TRUE(caught(&Mutations::replay_group_twice));
  EXPECT_TRUE(caught(&Mutations::skip_truncate_journal));
  EXPECT_TRUE(caught(&Mutations::recycle_before_sync));
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogCrash, ::testing::Range(0, 5));

}  // namespace
}  // namespace weir::log
