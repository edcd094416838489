#include <algorithm>

#include "base/util/diag.h"
#include "tests/log/log_test_util.h"
#include "tests/sim/sim_fs.h"

namespace weir::log {
namespace {

Result<AppendInfo> append(PartitionLog& log, int32_t sequence, ProducerEpoch epoch = 0, int records = 2) {
  return log.append_as_leader(
      make_batch({.records = records, .producer_id = 7, .producer_epoch = epoch, .sequence = sequence}), 0);
}

TEST(LogIdempotence, RepetitionsOfTheLastFiveGetTheirOriginalOffsetsAlsoAfterACrash) {
  SimLogs s("/data/log", 3);
  ASSERT_TRUE(s.open().ok());
  PartitionLog* log = &s.make();
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(append(*log, 2 * i).ok());
  for (int round = 0; round < 3; ++round) {
    for (int i = 3; i < 8; ++i) {
      auto again = append(*log, 2 * i);
      ASSERT_TRUE(again.ok());
      EXPECT_TRUE(again->duplicate);
      EXPECT_EQ(again->base_offset, 2 * i);
    }
    EXPECT_EQ(log->log_end_offset(), 16);
    EXPECT_EQ(append(*log, 18).code(), ErrorCode::out_of_order_sequence_number);
    s.run();
    ASSERT_TRUE(s.crash(round == 1).ok());
    log = &s.log();
  }
  ASSERT_TRUE(append(*log, 0, 1).ok());
  EXPECT_EQ(append(*log, 16, 0).code(), ErrorCode::invalid_producer_epoch);
}

TEST(LogIdempotence, SequencesWrap) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  ASSERT_TRUE(append(log, 0).ok());
  ASSERT_TRUE(append(log, 0, 1, 1).ok());
  // A log that knows nothing of a producer's newest epoch takes 0 only; so the end of the range is reached as a
  // follower does.
  ASSERT_TRUE(log.append_as_follower(
                     make_batch({.records = 2, .producer_id = 9, .sequence = INT32_MAX - 1}, log.log_end_offset(), 0))
                  .ok());
  auto next = log.append_as_leader(make_batch({.records = 2, .producer_id = 9, .sequence = 0}), 0);
  ASSERT_TRUE(next.ok()) << next.error().message();
  EXPECT_FALSE(next->duplicate);
}

TEST(LogFaults, AFailedSyncIsFinal) {
  SimLogs s("/data/log", 5);
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  RecordingListener listener;
  log.set_listener(&listener);
  s.run();
  s.world->node(0).fs().fail_syncs = 1;
  ASSERT_TRUE(log.append_as_leader(make_batch({}), 0).ok());
  s.run(std::chrono::seconds(1));
  EXPECT_TRUE(s.set->offline());
  EXPECT_EQ(listener.failures.size(), 1u);
  EXPECT_EQ(log.durable_offset(), 0);
  EXPECT_EQ(log.append_as_leader(make_batch({}), 0).code(), ErrorCode::kafka_storage_error);
}

std::vector<std::string> said_errors;

TEST(LogFaults, AByteThatRotIsSaidOnceAMinuteWithWhatToDo) {
  SimLogs s("/data/log", 5);
  s.options.tail_cache_bytes = 1;
  s.config.segment_bytes = 4096;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  const BatchSpec spec{.value_size = 400};
  for (int i = 0; i < 30; ++i) {
    ASSERT_TRUE(log.append_as_leader(make_batch(spec), 0).ok());
    s.run(std::chrono::milliseconds(600));
  }
  const std::string file = "/data/log/t-0/00000000000000000000.log";
  const size_t at = 2 * make_batch(spec).size();
  ASSERT_TRUE(s.world->node(0).fs().rot(file, at + 100, 1).ok());
  said_errors.clear();
  diag::set_sink([](diag::Level level, std::string_view line) {
    if (level == diag::Level::error) said_errors.emplace_back(line);
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(s.read(log, {2, 30, 10'000, true}).code(), ErrorCode::corrupt_message);
  EXPECT_EQ(s.read(log, {0, 30, 10'000, true})->next_offset, 2) << "what lies before is given";
  EXPECT_GT(s.read(log, {20, 30, 10'000, true})->next_offset, 20) << "and other segments";
  ASSERT_EQ(said_errors.size(), 1u);
  for (const std::string& word :
       {std::string("t-0: "), file, "byte " + std::to_string(at), std::string("stop this node")})
    EXPECT_NE(said_errors[0].find(word), std::string::npos) << said_errors[0];
  s.run(std::chrono::seconds(61));
  EXPECT_EQ(s.read(log, {2, 30, 10'000, true}).code(), ErrorCode::corrupt_message);
  EXPECT_EQ(said_errors.size(), 2u);
  diag::set_sink(nullptr);
  EXPECT_FALSE(s.set->offline()) << "the other logs are whole";
}

/// A log of several segments and producer snapshots whose process ended well, for tests that damage its files.
class DamagedLog : public ::testing::Test {
 protected:
  static constexpr int kBatches = 40;
  void SetUp() override {
    s_.config.segment_bytes = 4096;
    s_.config.index_interval_bytes = 1000;
    ASSERT_TRUE(s_.open().ok());
    directory_ = s_.set->directory_id();
    EXPECT_FALSE(directory_.is_zero());
    PartitionLog& log = s_.make();
    for (int i = 0; i < kBatches; ++i) {
      BatchSpec spec{.producer_id = 7, .sequence = i, .value_size = 400};
      ASSERT_TRUE(log.append_as_leader(make_batch(spec), 0).ok());
      s_.run();
    }
    s_.close();
    list_files();
    ASSERT_GE(segments_.size(), 4u);
    ASSERT_EQ(last_snapshot_, kBatches) << "above any end that the tests leave";
  }
  void list_files() {
    auto entries = disk().list("/data/log/t-0");
    ASSERT_TRUE(entries.ok());
    segments_.clear();
    for (const io::DirEntry& e : *entries) {
      if (e.name.ends_with(".log")) segments_.push_back("/data/log/t-0/" + e.name);
      if (e.name.ends_with(".snapshot"))
        last_snapshot_ = std::max<Offset>(last_snapshot_, std::stoll(e.name.substr(0, 20)));
    }
    std::sort(segments_.begin(), segments_.end());
  }
  io::Disk& disk() { return s_.runtime->disk(); }
  Offset base(size_t segment) { return std::stoll(segments_[segment].substr(segments_[segment].size() - 24, 20)); }
  uint64_t size_of(const std::string& name) {
    auto bytes = disk().read_file(name);
    EXPECT_TRUE(bytes.ok());
    return bytes ? bytes->size() : 0;
  }
  void overwrite(const std::string& name, uint64_t pos, const std::vector<uint8_t>& bytes) {
    auto file = disk().open(name, io::OpenMode::read_write);
    ASSERT_TRUE(file.ok());
    ASSERT_TRUE(disk().write_now(*file, pos, bytes).ok());
    disk().close(*file);
  }
  void cut(const std::string& name, uint64_t bytes) {
    auto file = disk().open(name, io::OpenMode::read_write);
    ASSERT_TRUE(file.ok());
    uint64_t size = *disk().size(*file);
    ASSERT_TRUE(disk().truncate(*file, size > bytes ? size - bytes : 0).ok());
    disk().close(*file);
  }
  /// The log holds [0, end), takes what comes next, and keeps it over two more starts.
  void expect_holds(Offset end) {
    ASSERT_TRUE(s_.open().ok());
    const Offset had = kBatches;
    const Uuid directory = s_.set->directory_id();
    EXPECT_NE(directory, directory_);
    for (int round = 0; round < 3; ++round) {
      PartitionLog& log = s_.log();
      auto lost = s_.set->lost_end(log.topic_partition());
      ASSERT_EQ(lost.has_value(), end < had) << "until it has grown past it";
      EXPECT_EQ(lost.value_or(EpochEnd{0, had}).end_offset, had);
      EXPECT_EQ(lost.value_or(EpochEnd{0, had}).epoch, 0);
      EXPECT_EQ(s_.set->directory_id(), directory) << "the same loss";
      ASSERT_EQ(log.log_start_offset(), 0);
      ASSERT_EQ(log.log_end_offset(), end);
      Offset next = 0;
      std::string content = s_.content(log);
      for (size_t at = 0; at < content.size();) {
        BatchHeader b(reinterpret_cast<const uint8_t*>(content.data()) + at);
        EXPECT_EQ(b.base_offset(), next);
        next = b.end_offset();
        at += b.size();
      }
      EXPECT_EQ(next, end);
      BatchSpec spec{.producer_id = 7, .sequence = static_cast<int32_t>(end), .value_size = 400};
      auto appended = log.append_as_follower(make_batch(spec, end++, 0));
      ASSERT_TRUE(appended.ok()) << appended.error().message();
      s_.run(std::chrono::seconds(1));
      s_.set->tick();
      s_.run(std::chrono::seconds(1));
      ASSERT_TRUE(s_.crash(round == 1).ok());
    }
  }

  SimLogs s_{"/data/log", 9};
  Uuid directory_;  // before the damage
  std::vector<std::string> segments_;
  Offset last_snapshot_ = -1;
};

TEST_F(DamagedLog, ACutTailEndsTheLogAtTheLastWholeBatch) {
  cut(segments_.back(), 10);
  expect_holds(kBatches - 1);
}

TEST_F(DamagedLog, AnEmptiedActiveSegmentEndsTheLogAtItsBase) {
  cut(segments_.back(), UINT64_MAX);
  expect_holds(base(segments_.size() - 1));
}

TEST_F(DamagedLog, ZerosOverTheEndOfTheIndexEndTheLogBeforeThem) {
  const int held = kBatches - static_cast<int>(base(segments_.size() - 1));
  ASSERT_GE(held, 4) << "so that the index has entries";
  const uint64_t size = size_of(segments_.back()), kept = size / static_cast<uint64_t>(held) * 3 / 2;
  overwrite(segments_.back(), kept, std::vector<uint8_t>(size - kept));
  expect_holds(base(segments_.size() - 1) + 1);
}

TEST_F(DamagedLog, ZerosBeforeWhatTheIndexPointsAtEndTheLogBeforeThem) {
  // As a file that was cut under the running node: the rest of it was written behind a hole.
  overwrite(segments_[1], 0, std::vector<uint8_t>(600));
  auto entries = disk().list("/data/log/t-0");
  ASSERT_TRUE(entries.ok());
  for (const io::DirEntry& e : *entries) {  // so that the producers' state asks for all records
    if (!e.name.ends_with(".snapshot")) continue;
    EXPECT_TRUE(disk().remove("/data/log/t-0/" + e.name).ok());
  }
  expect_holds(base(1));
}

TEST_F(DamagedLog, AFlippedByteEndsTheLogThere) {
  overwrite(segments_.back(), size_of(segments_.back()) - 20, {0xff});
  expect_holds(kBatches - 1);
}

TEST_F(DamagedLog, WithoutItsActiveSegmentTheLogEndsThere) {
  ASSERT_TRUE(disk().remove(segments_.back()).ok());
  expect_holds(base(segments_.size() - 1));
}

TEST_F(DamagedLog, AMissingSegmentEndsTheLogBeforeIt) {
  ASSERT_TRUE(disk().remove(segments_[1]).ok());
  expect_holds(base(1));
}

TEST_F(DamagedLog, ACutSealedSegmentEndsTheLogInIt) {
  cut(segments_[1], 10);
  expect_holds(base(2) - 1);
}

TEST_F(DamagedLog, AnEmptiedSealedSegmentEndsTheLogAtItsBase) {
  cut(segments_[1], UINT64_MAX);
  expect_holds(base(1));
}

TEST_F(DamagedLog, WithoutItsFirstSegmentTheLogIsEmptyAtItsStart) {
  ASSERT_TRUE(disk().remove(segments_[0]).ok());
  expect_holds(0);
}

TEST_F(DamagedLog, WithoutAnySegmentTheLogIsEmptyAtItsStart) {
  for (const std::string& name : segments_) ASSERT_TRUE(disk().remove(name).ok());
  expect_holds(0);
}

TEST_F(DamagedLog, AnotherLossBeforeTheFirstIsMadeGoodIsNotedToo) {
  cut(segments_[1], 10);
  ASSERT_TRUE(s_.open().ok());
  const Uuid first = s_.set->directory_id();
  const Offset end = s_.log().log_end_offset();
  auto append = [&] {
    ASSERT_TRUE(s_.log().append_as_follower(make_batch({.value_size = 400}, s_.log().log_end_offset(), 3)).ok());
    s_.run(std::chrono::seconds(1));
  };
  append();
  s_.close();
  list_files();
  cut(segments_.back(), 10);
  ASSERT_TRUE(s_.open().ok());
  ASSERT_EQ(s_.log().log_end_offset(), end);
  EXPECT_NE(s_.set->directory_id(), first);
  auto lost = s_.set->lost_end({"t", 0});
  ASSERT_TRUE(lost.has_value());
  EXPECT_EQ(lost->epoch, 3) << "of a later epoch, though the log had been longer before";
  EXPECT_EQ(lost->end_offset, end + 1);
  append();
  s_.set->tick();
  EXPECT_FALSE(s_.set->lost_end({"t", 0}).has_value());
}

TEST_F(DamagedLog, ALossGoesWithItsLog) {
  cut(segments_[1], 10);
  ASSERT_TRUE(s_.open().ok());
  ASSERT_TRUE(s_.set->lost_end({"t", 0}).has_value());
  ASSERT_TRUE(s_.set->remove({"t", 0}).ok());
  ASSERT_TRUE(s_.set->create({"t", 0}, Uuid::from_random(5, 6), s_.config).ok());
  s_.run();
  for (bool power : {false, true}) {
    EXPECT_FALSE(s_.set->lost_end({"t", 0}).has_value()) << "a new log of the name lost nothing";
    ASSERT_TRUE(s_.crash(power).ok());
  }
}

TEST(LogFaults, ALossUnderTheLongestNameOfATopic) {
  const TopicPartition tp{std::string(249, 'x'), 0};
  SimLogs s("/data/log", 9);
  ASSERT_TRUE(s.open().ok());
  ASSERT_TRUE(s.make(tp.topic).append_as_leader(make_batch({}), 0).ok());
  s.run();
  s.close();
  ASSERT_TRUE(s.runtime->disk().remove("/data/log/" + tp.to_string() + "/00000000000000000000.log").ok());
  ASSERT_TRUE(s.open().ok());
  EXPECT_TRUE(s.set->lost_end(tp).has_value());
  ASSERT_TRUE(s.log(tp.topic).append_as_follower(make_batch({}, 0, 0)).ok());
  s.run();
  s.set->tick();
  EXPECT_FALSE(s.set->lost_end(tp).has_value());
}

TEST_F(DamagedLog, AJournalThatIsShorterThanItWasIsRefused) {
  cut("/data/log/commit.journal", CommitJournal::kBlock);
  Status opened = s_.open();
  EXPECT_EQ(opened.code(), ErrorCode::malformed);
  EXPECT_NE(opened.error().message().find("commit.journal is missing or cut off"), std::string::npos);
}

TEST_F(DamagedLog, ADirectoryThatLostAllIsAnotherOne) {
  ASSERT_TRUE(disk().remove_tree("/data/log").ok());
  ASSERT_TRUE(s_.open().ok());
  EXPECT_NE(s_.set->directory_id(), directory_);
  EXPECT_FALSE(s_.set->directory_id().is_zero());
}

TEST_F(DamagedLog, AnOrderlyStartIsTheSameDirectory) {
  ASSERT_TRUE(s_.open().ok());
  EXPECT_EQ(s_.set->directory_id(), directory_);
}

TEST(LogDirectory, OnlyLeftOverLogsAreRemovedAtTheStart) {
  SimLogs s("/data/log", 5);
  auto put = [&](const std::string& dir, const std::string& file) {
    ASSERT_TRUE(s.runtime->disk().make_dirs("/data/log/" + dir).ok());
    if (file.empty()) return;
    ASSERT_TRUE(s.runtime->disk().write_file_atomic("/data/log/" + dir + "/" + file, as_bytes("x")).ok());
  };
  auto there = [&](const std::string& name) {
    auto found = s.runtime->disk().exists("/data/log/" + name);
    return found.ok() && *found;
  };
  put("backup-2024", "photo.jpg");
  ASSERT_TRUE(s.open().ok()) << "also in a directory that is new to us";
  EXPECT_TRUE(there("backup-2024"));
  PartitionLog& log = s.make();
  ASSERT_TRUE(log.append_as_leader(make_batch({}), 0).ok());
  s.run();
  put("gone-0", "");
  put("gone-1", "00000000000000000042.log");
  put("gone-2", "partition.metadata");
  put("gone-3", "00000000000000000000.index");
  put("notes-1", "123.log");
  ASSERT_TRUE(s.crash(false).ok());
  for (const char* dir : {"gone-0", "gone-1", "gone-2", "gone-3"}) EXPECT_FALSE(there(dir)) << dir;
  EXPECT_TRUE(there("backup-2024/photo.jpg"));
  EXPECT_TRUE(there("notes-1/123.log"));
  EXPECT_EQ(s.log().log_end_offset(), 1);
  // A topic of that name does not take its place either.
  EXPECT_EQ(s.set->create({"backup", 2024}, Uuid::from_random(1, 2), s.config).code(), ErrorCode::kafka_storage_error);
  EXPECT_TRUE(there("backup-2024/photo.jpg"));
}

}  // namespace
}  // namespace weir::log
