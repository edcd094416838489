#include "tests/log/log_test_util.h"

namespace weir::log {
namespace {

TEST(PartitionLog, AppendAssignsOffsetsAndEpoch) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  auto a = log.append_as_leader(make_batch({.records = 3}), 5);
  ASSERT_TRUE(a.ok()) << a.error().message();
  EXPECT_EQ(a->base_offset, 0);
  EXPECT_EQ(a->end_offset, 3);
  auto b = log.append_as_leader(concat({make_batch({.records = 2}), make_batch({.records = 4})}), 6);
  ASSERT_TRUE(b.ok());
  EXPECT_EQ(b->base_offset, 3);
  EXPECT_EQ(b->end_offset, 9);
  auto r = s.read(log, {0, INT64_MAX, 1 << 20, true});
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->next_offset, 9);
  BatchHeader first(r->batches[0].data());
  EXPECT_EQ(first.leader_epoch(), 5);
  EXPECT_EQ(BatchHeader(r->batches[1].data()).base_offset(), 3);
  EXPECT_TRUE(check_stored_batch(first).ok());
  s.set->check_invariants();
}

TEST(PartitionLog, DurableIsToldAfterTheTurnNotInsideTheCall) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  RecordingListener listener;
  log.set_listener(&listener);
  ASSERT_TRUE(log.append_as_leader(make_batch({.records = 3}), 0).ok());
  EXPECT_TRUE(listener.calls.empty());
  EXPECT_EQ(log.durable_offset(), 0);
  s.run();
  EXPECT_EQ(listener.calls, std::vector<Offset>{3});
  EXPECT_EQ(log.durable_offset(), 3);
}

TEST(PartitionLog, ReadsHonourBoundsAndSizes) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  size_t size = make_batch({.records = 2}).size();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log.append_as_leader(make_batch({.records = 2}), 0).ok());
  EXPECT_EQ(s.read(log, {0, INT64_MAX, 3 * size, true})->next_offset, 6);
  EXPECT_EQ(s.read(log, {0, INT64_MAX, 3 * size + 5, true})->next_offset, 6);
  EXPECT_EQ(s.read(log, {5, INT64_MAX, size, true})->next_offset, 6);  // begins with the batch that holds 5
  EXPECT_EQ(s.read(log, {0, 5, 1 << 20, true})->next_offset, 6);       // the batch at 4 begins below 5
  EXPECT_EQ(s.read(log, {0, 4, 1 << 20, true})->next_offset, 4);
  EXPECT_EQ(s.read(log, {0, INT64_MAX, 1, true})->next_offset, 2);  // at least one batch
  EXPECT_EQ(s.read(log, {0, INT64_MAX, 1, false})->next_offset, 0);
  EXPECT_EQ(s.read(log, {20, INT64_MAX, 100, true})->next_offset, 20);
  EXPECT_EQ(s.read(log, {21, INT64_MAX, 100, true}).code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(s.read(log, {-1, INT64_MAX, 100, true}).code(), ErrorCode::offset_out_of_range);
}

TEST(PartitionLog, FollowerKeepsOffsetsAndRefusesRepetition) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  ASSERT_TRUE(log.append_as_follower(make_batch({.records = 3}, 0, 4)).ok());
  EXPECT_EQ(log.append_as_follower(make_batch({.records = 3}, 2, 4)).code(), ErrorCode::offset_out_of_range);
  auto gap = log.append_as_follower(make_batch({.records = 3}, 10, 7));  // compaction on the leader leaves gaps
  ASSERT_TRUE(gap.ok());
  EXPECT_EQ(log.log_end_offset(), 13);
  EXPECT_EQ(log.latest_epoch(), 7);
  EXPECT_EQ(log.epoch_end(5).epoch, 4);
  EXPECT_EQ(log.epoch_end(5).end_offset, 10);
  Buffer broken = make_batch({.records = 3}, 13, 7);
  broken.data()[70] ^= 1;
  EXPECT_EQ(log.append_as_follower(std::move(broken)).code(), ErrorCode::corrupt_message);
  EXPECT_EQ(s.read(log, {5, INT64_MAX, 1000, true})->next_offset, 13);
}

TEST(PartitionLog, TruncationCutsWholeBatchesAndLowersTheDurableOffset) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log.append_as_leader(make_batch({.records = 4}), i).ok());
  s.run();
  ASSERT_EQ(log.durable_offset(), 20);
  ASSERT_TRUE(log.truncate_to(10).ok());
  EXPECT_EQ(log.log_end_offset(), 8);
  EXPECT_EQ(log.durable_offset(), 8);
  EXPECT_EQ(log.latest_epoch(), 1);
  ASSERT_TRUE(log.append_as_follower(make_batch({.records = 1}, 8, 9)).ok());
  s.run();
  EXPECT_EQ(log.durable_offset(), 9);
  EXPECT_EQ(log.latest_epoch(), 9);
  ASSERT_TRUE(log.truncate_fully_and_start_at(100).ok());
  EXPECT_EQ(log.log_start_offset(), 100);
  EXPECT_EQ(log.log_end_offset(), 100);
  EXPECT_EQ(log.latest_epoch(), kNoLeaderEpoch);
  s.set->check_invariants();
}

TEST(PartitionLog, LogStartMovesForwardOnly) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(log.append_as_leader(make_batch({.records = 4}), 1).ok());
  ASSERT_TRUE(log.advance_log_start(9).ok());
  ASSERT_TRUE(log.advance_log_start(3).ok());
  EXPECT_EQ(log.log_start_offset(), 9);
  EXPECT_EQ(log.advance_log_start(21).code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(s.read(log, {8, INT64_MAX, 1000, true}).code(), ErrorCode::offset_out_of_range);
  EXPECT_EQ(s.read(log, {9, INT64_MAX, 1000, true})->next_offset, 20);
}

TEST(PartitionLog, TimestampsAreFound) {
  SimLogs s;
  s.config.segment_bytes = 4000;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  for (int i = 0; i < 100; ++i) {
    auto codec = i % 2 ? wire::Compression::zstd : wire::Compression::none;
    ASSERT_TRUE(
        log.append_as_leader(make_batch({.records = 3, .timestamp = 1000 + 10 * i, .compression = codec}), 3).ok());
  }
  EXPECT_GT(log.segments().size(), 3u);
  auto ask = [&](WallMillis t, Offset up_to = INT64_MAX) {
    TimestampOffset out;
    log.offset_for_timestamp(t, up_to, [&](Result<TimestampOffset> r) { out = *r; });
    return out;
  };
  EXPECT_EQ(ask(0).offset, 0);
  EXPECT_EQ(ask(1000).offset, 0);
  EXPECT_EQ(ask(1001).offset, 1);
  EXPECT_EQ(ask(1003).offset, 3);
  EXPECT_EQ(ask(1502).offset, 152);
  EXPECT_EQ(ask(1502).timestamp, 1502);
  EXPECT_EQ(ask(1502).leader_epoch, 3);
  EXPECT_EQ(ask(1992).offset, 299);
  EXPECT_EQ(ask(1993).offset, -1);
  EXPECT_EQ(ask(1502, 100).offset, -1);
  TimestampOffset max;
  log.offset_of_max_timestamp([&](Result<TimestampOffset> r) { max = *r; });
  EXPECT_EQ(max.offset, 299);
  EXPECT_EQ(max.timestamp, 1992);
}

TEST(PartitionLog, LogAppendTimeStampsTheBatch) {
  SimLogs s;
  s.config.message_timestamp_type = TimestampType::log_append_time;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  auto a = log.append_as_leader(make_batch({.records = 2}), 0);
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(a->log_append_time, s.runtime->wall_now());
  auto r = s.read(log, {});
  BatchHeader b(r->batches[0].data());
  EXPECT_TRUE(b.log_append_time());
  EXPECT_EQ(b.max_timestamp(), a->log_append_time);
  EXPECT_TRUE(check_stored_batch(b).ok());
}

TEST(PartitionLog, TransactionsHoldTheLastStableOffsetBack) {
  SimLogs s;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  ASSERT_TRUE(log.append_as_leader(make_batch({.records = 2}), 0).ok());
  ASSERT_TRUE(log.append_as_leader(make_batch({.producer_id = 9, .sequence = 0, .transactional = true}), 0).ok());
  EXPECT_EQ(log.first_unstable_offset(), 2);
  EXPECT_EQ(log.append_as_leader(make_marker(9, 0, false), 0).code(), ErrorCode::invalid_record);
  ASSERT_TRUE(log.append_as_leader(make_marker(9, 0, false), 0, PartitionLog::Origin::coordinator).ok());
  EXPECT_EQ(log.first_unstable_offset(), 2) << "the marker is above the high watermark";
  log.set_high_watermark(4);
  EXPECT_FALSE(log.first_unstable_offset().has_value());
  auto aborted = log.aborted_txns(0, 100);
  ASSERT_EQ(aborted.size(), 1u);
  EXPECT_EQ(aborted[0].producer_id, 9);
  EXPECT_EQ(aborted[0].first_offset, 2);
  EXPECT_TRUE(log.aborted_txns(4, 100).empty());
  EXPECT_TRUE(log.aborted_txns(0, 2).empty());
}

TEST(PartitionLog, RetentionBySizeAndTime) {
  SimLogs s;
  size_t size = make_batch({}).size();
  s.config.segment_bytes = 2 * size;
  s.config.retention_bytes = static_cast<int64_t>(4 * size);
  s.config.retention_ms = -1;
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(log.append_as_leader(make_batch({}), 0).ok());
  s.run();
  s.set->tick();
  EXPECT_EQ(log.log_start_offset(), 0) << "nothing is committed yet";
  log.set_high_watermark(20);
  s.set->tick();
  EXPECT_EQ(log.log_start_offset(), 16);
  EXPECT_EQ(log.segments().front().base_offset, 16);
  LogConfig by_time = s.config;
  by_time.retention_ms = 1000;
  log.set_config(by_time);
  s.set->tick();
  EXPECT_EQ(log.log_start_offset(), 20);
  s.run();
  s.set->check_invariants();
}

TEST(PartitionLog, RetentionIsLookedAtInItsOwnInterval) {
  SimLogs s;
  s.config.retention_ms = 1000;
  s.options.retention_check_interval = std::chrono::minutes(5);
  ASSERT_TRUE(s.open().ok());
  PartitionLog& log = s.make();
  auto old_record = [&] {
    ASSERT_TRUE(log.append_as_leader(make_batch({.timestamp = s.runtime->wall_now() - 60'000}), 0).ok());
    s.run();
    log.set_high_watermark(log.log_end_offset());
  };
  auto starts_after = [&](int seconds) {
    for (int i = 0; i < seconds; ++i) s.run(std::chrono::seconds(1)), s.set->tick();
    return log.log_start_offset();
  };
  old_record();
  EXPECT_EQ(starts_after(28), 0) << "not right after the start";
  EXPECT_EQ(starts_after(3), 1);
  old_record();
  EXPECT_EQ(starts_after(290), 1);
  EXPECT_EQ(starts_after(12), 2);
}

TEST(PartitionLog, ALogFoundAtTheStartForgetsNothingUntilItsConfigIsKnown) {
  SimLogs s("/data/log", 5);
  s.config.retention_ms = -1;
  ASSERT_TRUE(s.open().ok());
  const WallMillis old = s.runtime->wall_now() - 30ll * 24 * 3600 * 1000;
  PartitionLog* log = &s.make();
  ASSERT_TRUE(
      log->append_as_leader(make_batch({.records = 3, .timestamp = old, .producer_id = 9, .sequence = 0}), 0).ok());
  s.run();
  log->set_high_watermark(3);
  ASSERT_TRUE(s.close_and_reopen().ok());
  log = &s.log();
  EXPECT_EQ(log->high_watermark_checkpoint(), 3);
  for (int i = 0; i < 3; ++i) s.set->tick(), s.run();
  EXPECT_EQ(log->log_start_offset(), 0);
  EXPECT_EQ(log->segments().size(), 1u);
  log->set_config(s.config);
  s.set->tick();
  EXPECT_EQ(log->log_start_offset(), 0) << "kept for ever";
  LogConfig a_week = s.config;
  a_week.retention_ms = 7ll * 24 * 3600 * 1000;
  log->set_config(a_week);
  s.set->tick();
  EXPECT_EQ(log->log_start_offset(), 3);
}

}  // namespace
}  // namespace weir::log
