// What a log promises, on each implementation of base/io: in the simulator, on posix and on io_uring.
#include "tests/log/log_life.h"

namespace weir::log {
namespace {

class LogOnEveryBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    host_ = make_log_host(GetParam());
    if (!host_) GTEST_SKIP() << GetParam() << " is refused by this kernel";
    config_.segment_bytes = 4000;
    config_.index_interval_bytes = 300;
    config_.retention_ms = -1;
    config_.message_timestamp_after_max_ms = INT64_MAX;
    options_.dir = host_->dir();
    options_.journal_bytes_initial = 64 * CommitJournal::kBlock;
    options_.journal_bytes_max = 256 * CommitJournal::kBlock;
    options_.tail_cache_bytes = 1;  // what is written leaves the memory, so that reads go to the disk
    options_.free_bytes_floor = 0;
  }
  void closed(const LogHostMachine::Body& body) { host_->closed(options(), body); }
  void killed(const LogHostMachine::Body& body) { host_->killed(options(), body); }
  LogSetOptions options() {
    options_.until_configured = config_;
    return options_;
  }
  std::unique_ptr<LogHostMachine> host_;
  LogConfig config_;
  LogSetOptions options_;
};

/// 60 batches of two records over many segments; the same bytes each time.
std::string expected_content(int batches, LeaderEpoch epoch = 0) {
  std::string out;
  BatchSpec spec{.records = 2, .value_size = 100};
  for (int i = 0; i < batches; ++i, spec.timestamp += 2) out.append(as_string(make_batch(spec, 2 * i, epoch).bytes()));
  return out;
}
const BatchSpec kPlain{.records = 2, .value_size = 100};

TEST_P(LogOnEveryBackend, ReadsWhatWasAppendedFromMemoryAndFromSegments) {
  closed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 60);
    EXPECT_EQ(log.log_end_offset(), 120);
    EXPECT_GT(log.segments().size(), 3u);
    EXPECT_EQ(life.content(log), expected_content(60));
    life.written(log);
    size_t one = make_batch(kPlain).size();
    BatchSpec next = kPlain;
    next.timestamp += 120;
    life.append(log, next);  // what is over the budget and written goes with the next append
    EXPECT_LE(life.set->tail_cache_used(), one);
    EXPECT_EQ(life.content(log), expected_content(61)) << "from the segments";
    EXPECT_EQ(life.read(log, {7, INT64_MAX, 3 * one, true})->next_offset, 12);  // begins with the batch that holds 7
    EXPECT_EQ(life.read(log, {8, 20, 1 << 20, true})->next_offset, 20);
    EXPECT_EQ(life.read(log, {8, INT64_MAX, 1, true})->next_offset, 10);
    EXPECT_EQ(life.read(log, {122, INT64_MAX, 1, true})->next_offset, 122);
    EXPECT_EQ(life.read(log, {123, INT64_MAX, 1, true}).code(), ErrorCode::offset_out_of_range);
  });
}

TEST_P(LogOnEveryBackend, RollsByTimeAndBySize) {
  config_.segment_bytes = 1 << 20;
  closed([&](Life& life) {
    LogConfig config = config_;
    PartitionLog& log = life.log(config);
    life.append(log, kPlain, 3);
    EXPECT_EQ(log.segments().size(), 1u);
    config.segment_ms = 1;
    log.set_config(config);
    ASSERT_TRUE(life.until([&] { return life.set->tick(), log.segments().size() == 2; }));
    EXPECT_EQ(log.segments().back().base_offset, 6);
    config.segment_ms = INT64_MAX;
    config.segment_bytes = make_batch(kPlain).size();
    log.set_config(config);
    life.append(log, kPlain, 3);
    ASSERT_EQ(log.segments().size(), 4u);
    EXPECT_EQ(log.segments().back().base_offset, 10);
    EXPECT_EQ(life.content(log).size(), 6 * make_batch(kPlain).size());
  });
}

TEST_P(LogOnEveryBackend, RetentionTakesTheFilesToo) {
  closed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 60);
    log.set_high_watermark(120);
    life.written(log);
    std::string first = options_.dir + "/t-0/00000000000000000000.log";
    io::Disk& disk = life.runtime.disk();
    EXPECT_TRUE(*disk.exists(first));
    LogConfig config = config_;
    config.retention_bytes = 8000;
    log.set_config(config);
    ASSERT_TRUE(life.until([&] { return life.set->tick(), log.log_start_offset() > 0 && !*disk.exists(first); }));
    EXPECT_LE(log.size_bytes(), 12'000u);
    Offset start = log.log_start_offset();
    EXPECT_EQ(life.read(log, {start - 1, INT64_MAX, 100, true}).code(), ErrorCode::offset_out_of_range);
    EXPECT_TRUE(expected_content(60).ends_with(life.content(log)));
    config.retention_ms = 1;  // the batches are of 2023
    log.set_config(config);
    life.set->tick();
    EXPECT_EQ(log.log_start_offset(), 120);
  });
  closed([&](Life& life) {
    EXPECT_EQ(life.log(config_).log_start_offset(), 120);
    EXPECT_EQ(life.log(config_).log_end_offset(), 120);
  });
}

TEST_P(LogOnEveryBackend, ACleanCloseIsFoundAgain) {
  closed([&](Life& life) {
    EXPECT_FALSE(life.report.clean_shutdown);
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 30, 0);
    log.begin_epoch(4);
    EXPECT_TRUE(log.advance_log_start(5).ok());
    log.set_high_watermark(44);
    life.durable(log);
  });
  for (int round = 0; round < 2; ++round) {
    closed([&](Life& life) {
      EXPECT_TRUE(life.report.clean_shutdown);
      EXPECT_EQ(life.report.batches_restored, 0u);
      PartitionLog& log = life.log(config_);
      EXPECT_EQ(log.log_start_offset(), 5);
      EXPECT_EQ(log.log_end_offset(), 60);
      EXPECT_EQ(log.durable_offset(), 60);
      EXPECT_EQ(log.high_watermark_checkpoint(), 44);
      EXPECT_EQ(log.topic_id(), Uuid::from_random(std::hash<std::string>()("t") | 1, 7));
      EXPECT_TRUE(expected_content(30).ends_with(life.content(log)));
    });
  }
}

TEST_P(LogOnEveryBackend, NothingDurableIsLostWhenTheProcessEnds) {
  for (int round = 0; round < 4; ++round) {
    killed([&](Life& life) {
      PartitionLog& log = life.log(config_);
      ASSERT_EQ(log.log_end_offset(), 40 * round);
      BatchSpec spec = kPlain;
      spec.timestamp += 40 * round;
      life.append(log, spec, 20);
      if (round == 2) life.written(log);
      EXPECT_EQ(life.content(log), expected_content(20 * (round + 1)));
    });
  }
  closed([&](Life& life) {
    EXPECT_FALSE(life.report.clean_shutdown);
    EXPECT_GT(life.report.journal_groups_replayed, 0u);
    PartitionLog& log = life.log(config_);
    EXPECT_EQ(log.log_end_offset(), 160);
    EXPECT_EQ(life.content(log), expected_content(80));
  });
  closed([&](Life& life) { EXPECT_EQ(life.content(life.log(config_)), expected_content(80)); });
}

TEST_P(LogOnEveryBackend, TruncationsHoldAfterAnyEnd) {
  killed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 40);
    life.written(log);
    ASSERT_TRUE(log.truncate_to(51).ok());  // whole batches go
    EXPECT_EQ(log.log_end_offset(), 50);
    BatchSpec spec = kPlain;
    spec.timestamp += 50;
    life.append(log, spec, 5);
    EXPECT_EQ(life.content(log), expected_content(30));
  });
  killed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    EXPECT_EQ(life.content(log), expected_content(30));
    ASSERT_TRUE(log.truncate_to(20).ok());
    ASSERT_TRUE(log.append_as_follower(make_batch({.records = 1}, 20, 3)).ok());
    life.durable(log);
  });
  closed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    EXPECT_EQ(log.log_end_offset(), 21);
    EXPECT_EQ(log.latest_epoch(), 3);
    EXPECT_EQ(log.epoch_end(2).end_offset, 20);
    EXPECT_TRUE(life.content(log).starts_with(expected_content(10)));
    ASSERT_TRUE(log.truncate_fully_and_start_at(500).ok());
    life.append(log, {.records = 3}, 1, 7);
  });
  closed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    EXPECT_EQ(log.log_start_offset(), 500);
    EXPECT_EQ(log.log_end_offset(), 503);
    EXPECT_EQ(log.epoch_of(501), 7);
  });
}

TEST_P(LogOnEveryBackend, ProducersAreRememberedAfterAnyEnd) {
  BatchSpec spec{.records = 2, .producer_id = 7, .sequence = 0};
  auto repeats = [&](Life& life, int first) {
    PartitionLog& log = life.log(config_);
    for (int i = first; i < first + 5; ++i) {
      BatchSpec again = spec;
      again.sequence = 2 * i;
      auto answer = log.append_as_leader(make_batch(again), 0);
      ASSERT_TRUE(answer.ok()) << answer.error().message();
      EXPECT_TRUE(answer->duplicate);
      EXPECT_EQ(answer->base_offset, 2 * i);
    }
    BatchSpec gap = spec;
    gap.sequence = 2 * (first + 6);
    EXPECT_EQ(log.append_as_leader(make_batch(gap), 0).code(), ErrorCode::out_of_order_sequence_number);
  };
  killed([&](Life& life) { life.append(life.log(config_), spec, 6); });
  closed([&](Life& life) {
    repeats(life, 1);
    BatchSpec more = spec;
    more.sequence = 12;
    life.append(life.log(config_), more, 4);
  });
  closed([&](Life& life) {
    repeats(life, 5);
    BatchSpec fenced = spec;
    fenced.producer_epoch = 1;
    life.append(life.log(config_), fenced, 1);
    EXPECT_EQ(life.log(config_).append_as_leader(make_batch(spec), 0).code(), ErrorCode::invalid_producer_epoch);
  });
}

TEST_P(LogOnEveryBackend, TimesAndEpochsAreFoundInOldAndNewSegments) {
  auto looks_up = [&](Life& life, Offset end) {
    PartitionLog& log = life.log(config_);
    EXPECT_EQ(life.find(log, 0).offset, 0);
    for (int i : {0, 1, 57, 58, 119}) {
      TimestampOffset found = life.find(log, kPlain.timestamp + i);
      EXPECT_EQ(found.offset, i);
      EXPECT_EQ(found.timestamp, kPlain.timestamp + i);
      EXPECT_EQ(found.leader_epoch, i < 60 ? 2 : 5);
    }
    EXPECT_EQ(life.find(log, kPlain.timestamp + 100, 100).offset, kNoOffset);
    EXPECT_EQ(life.find(log, kPlain.timestamp + end).offset, kNoOffset);
    EXPECT_EQ(life.newest(log).offset, end - 1);
    EXPECT_EQ(log.epoch_end(2).end_offset, 60);
    EXPECT_EQ(log.epoch_end(4).epoch, 2);
    EXPECT_EQ(log.epoch_end(5).end_offset, end);
    EXPECT_EQ(log.epoch_of(59), 2);
    EXPECT_EQ(log.epoch_of(60), 5);
  };
  killed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 30, 2);
    BatchSpec later = kPlain;
    later.timestamp += 60;
    later.compression = wire::Compression::lz4;
    life.append(log, later, 30, 5);
    looks_up(life, 120);
    life.written(log);
    looks_up(life, 120);
  });
  closed([&](Life& life) { looks_up(life, 120); });
  closed([&](Life& life) {
    BatchSpec later = kPlain;
    later.timestamp += 120;
    life.append(life.log(config_), later, 1, 5);
    looks_up(life, 122);
  });
}

TEST_P(LogOnEveryBackend, CellsAndRemovalsHoldWhenTheProcessEnds) {
  killed([&](Life& life) {
    int done = 0;
    for (const char* value : {"one", "two"})
      life.set->write_cell("vote", as_bytes(std::string_view(value)), [&](Status s) { done += s.ok(); });
    life.append(life.log(config_, "gone"), kPlain, 5);
    life.append(life.log(config_, "anew"), kPlain, 5);
    ASSERT_TRUE(life.set->remove({"gone", 0}).ok());
    ASSERT_TRUE(life.set->remove({"anew", 0}).ok());
    auto again = life.set->create({"anew", 0}, Uuid::from_random(5, 6), config_);
    ASSERT_TRUE(again.ok()) << again.error().message();
    life.append(**again, {.records = 1});
    EXPECT_TRUE(life.until([&] { return done == 2; }));
  });
  closed([&](Life& life) {
    EXPECT_EQ(as_string(life.set->read_cell("vote")), "two");
    EXPECT_EQ(life.set->find({"gone", 0}), nullptr);
    ASSERT_NE(life.set->find({"anew", 0}), nullptr);
    EXPECT_EQ(life.set->find({"anew", 0})->log_end_offset(), 1);
    EXPECT_EQ(life.set->find({"anew", 0})->topic_id(), Uuid::from_random(5, 6));
  });
}

TEST_P(LogOnEveryBackend, ATopicOfTheLongestNameIsRemoved) {
  killed([&](Life& life) {
    const TopicPartition tp{std::string(249, 'x'), 0};
    PartitionLog& log = life.log(config_, tp.topic);
    life.append(log, kPlain, 5);
    life.written(log);
    const std::string dir = options_.dir + "/" + tp.to_string();
    ASSERT_TRUE(life.runtime.disk().exists(dir).value());
    ASSERT_TRUE(life.set->remove(tp).ok());
    EXPECT_TRUE(life.until([&] { return !life.runtime.disk().exists(dir).value(); }));
  });
}

TEST_P(LogOnEveryBackend, TheDirectoryHasOneOwner) {
  closed([&](Life& life) {
    RecoveryReport report;
    EXPECT_EQ(LogSet::open(life.runtime, options(), report).code(), ErrorCode::busy_address);
  });
}

/// What somebody takes away from under a running log set, by its path in the log directory.
TEST_P(LogOnEveryBackend, FilesThatAreTakenAwayEndTheDirectory) {
  using Damage = std::function<Status(io::Disk&, const std::string& dir)>;
  const std::vector<std::pair<const char*, Damage>> damages{
      {"commit.journal", [](io::Disk& d, const std::string& dir) { return d.remove(dir + "/commit.journal"); }},
      {".lock", [](io::Disk& d, const std::string& dir) { return d.remove(dir + "/.lock"); }},
      {"weir-state.1", [](io::Disk& d, const std::string& dir) { return d.remove(dir + "/weir-state.1"); }},
      {"00000000000000000000.log", [](io::Disk& d, const std::string& dir) { return d.remove_tree(dir + "/t-0"); }},
      {"00000000000000000000.log",
       [](io::Disk& d, const std::string& dir) { return d.rename(dir + "/t-0", dir + "/t-0.bak"); }},
  };
  const std::string dir = options_.dir;
  for (size_t i = 0; i < damages.size(); ++i) {
    SCOPED_TRACE(damages[i].first + std::to_string(i));
    options_.dir = dir + "/" + std::to_string(i);
    std::vector<std::string> told;
    options_.on_offline = [&](const Error& e) { told.push_back(e.message()); };
    killed([&](Life& life) {
      PartitionLog& log = life.log(config_);
      RecordingListener listener;
      log.set_listener(&listener);
      life.append(log, kPlain, 3);
      life.written(log);
      life.set->tick();
      EXPECT_FALSE(life.set->offline());
      ASSERT_TRUE(damages[i].second(life.runtime.disk(), options_.dir).ok());
      ASSERT_TRUE(log.append_as_leader(make_batch(kPlain), 0).ok());
      life.set->tick();
      EXPECT_TRUE(life.set->offline());
      EXPECT_TRUE(life.until([&] { return !told.empty(); }));
      ASSERT_EQ(told.size(), 1u);
      EXPECT_NE(told[0].find(std::string(damages[i].first) + " was removed"), std::string::npos) << told[0];
      EXPECT_EQ(listener.failures.size(), 1u);
      EXPECT_EQ(log.durable_offset(), 6) << "what came after is not durable";
      EXPECT_EQ(log.append_as_leader(make_batch(kPlain), 0).code(), ErrorCode::kafka_storage_error);
      EXPECT_EQ(life.read(log, {0, INT64_MAX, 1000, true}).code(), ErrorCode::kafka_storage_error);
      log.set_listener(nullptr);
    });
  }
}

TEST_P(LogOnEveryBackend, ASegmentThatWasTakenAwayIsNotedWhenItIsSynced) {
  killed([&](Life& life) {
    PartitionLog& log = life.log(config_);
    life.append(log, kPlain, 2);
    life.written(log);
    ASSERT_TRUE(life.runtime.disk().remove(options_.dir + "/t-0/00000000000000000000.log").ok());
    for (int i = 0; i < 200 && !life.set->offline(); ++i) {
      (void)log.append_as_leader(make_batch(kPlain), 0).ok();
      EXPECT_TRUE(life.until([&] { return life.set->offline() || log.durable_offset() == log.log_end_offset(); }));
    }
    EXPECT_TRUE(life.set->offline()) << "the journal's range is recycled by syncs";
  });
}

ON_EVERY_BACKEND(LogOnEveryBackend);

}  // namespace
}  // namespace weir::log
