// A full disk: appends are refused, reads go on, nothing acknowledged is lost, and it goes on when there is room.
#include "tests/log/log_test_util.h"
#include "tests/sim/sim_fs.h"

namespace weir::log {
namespace {

class FullDisk : public ::testing::Test {
 protected:
  FullDisk() : s_("/data/log", 17) {
    s_.options.journal_bytes_initial = s_.options.journal_bytes_max = 64 * CommitJournal::kBlock;
    s_.config.segment_bytes = 20'000;
    s_.config.retention_ms = -1;
    s_.options.until_configured = s_.config;
  }
  sim::SimFs& fs() { return s_.world->node(0).fs(); }
  void room(uint64_t bytes) { fs().quota_bytes = fs().used_bytes() + bytes; }
  void open() {
    ASSERT_TRUE(s_.open().ok());
    s_.make();
  }
  Result<AppendInfo> append(PartitionLog::Origin origin = PartitionLog::Origin::client) {
    auto info = s_.log().append_as_leader(make_batch({.records = 2, .timestamp = stamp_++, .value_size = 900}), 0,
                                          origin);
    s_.run(std::chrono::milliseconds(30));
    return info;
  }
  /// Appends until that is refused; how many batches were taken and are durable.
  int fill() {
    int taken = 0;
    Result<AppendInfo> last = append();
    for (; last.ok() && taken < 1000; last = append()) ++taken;
    EXPECT_EQ(last.code(), ErrorCode::no_space);
    EXPECT_EQ(s_.log().durable_offset(), s_.log().log_end_offset()) << "what was taken is durable all the same";
    EXPECT_FALSE(s_.set->offline());
    return taken;
  }
  /// Some ticks, as the node has them each second.
  void seconds(int n) {
    for (int i = 0; i < n; ++i) s_.set->tick(), s_.run(std::chrono::seconds(1));
    s_.set->check_invariants();
  }
  SimLogs s_;
  WallMillis stamp_ = 1'700'000'000'000;
};

TEST_F(FullDisk, BelowTheFloorOnlyTheNodesOwnRecordsAreTaken) {
  s_.options.free_bytes_floor = 100'000;
  room(1 << 20);
  open();
  ASSERT_TRUE(append().ok());
  room(99'999);
  seconds(1);
  EXPECT_EQ(append().code(), ErrorCode::no_space);
  EXPECT_EQ(s_.log().append_as_follower(make_batch({.records = 1}, 2)).code(), ErrorCode::no_space);
  EXPECT_TRUE(append(PartitionLog::Origin::coordinator).ok());
  EXPECT_TRUE(append(PartitionLog::Origin::raft).ok());
  LogConfig system = s_.config;
  system.system = true;
  auto offsets = s_.set->create({"__consumer_offsets", 0}, Uuid::from_random(3, 4), system);
  ASSERT_TRUE(offsets.ok()) << "topics can be made";
  EXPECT_TRUE((*offsets)->append_as_follower(make_batch({.records = 1}, 0)).ok());
  EXPECT_FALSE(s_.content(s_.log()).empty());
  room(1 << 20);
  seconds(1);
  EXPECT_TRUE(append().ok());
}

TEST_F(FullDisk, GoesOnWhenThereIsRoomAgain) {
  open();
  room(30'000);
  int taken = fill();
  EXPECT_GT(taken, 10);
  std::string content = s_.content(s_.log());
  EXPECT_EQ(append(PartitionLog::Origin::coordinator).code(), ErrorCode::no_space);
  EXPECT_TRUE(append(PartitionLog::Origin::raft).ok()) << "what deletes topics has to go through";
  seconds(20);
  EXPECT_EQ(append().code(), ErrorCode::no_space);
  room(10 << 20);
  seconds(3);
  ASSERT_TRUE(append().ok());
  EXPECT_TRUE(s_.content(s_.log()).starts_with(content));
  EXPECT_EQ(s_.log().log_end_offset(), 2 * (taken + 2));
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(append().ok()) << "several turns of the ring";
  content = s_.content(s_.log());
  ASSERT_TRUE(s_.close_and_reopen().ok());
  EXPECT_EQ(s_.content(s_.log()), content);
}

TEST_F(FullDisk, ATopicThatIsDeletedMakesRoom) {
  open();
  auto other = s_.set->create({"other", 0}, Uuid::from_random(3, 4), s_.config);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE((*other)->append_as_leader(make_batch({.value_size = 2000}), 0).ok());
  seconds(3);
  room(30'000);
  int taken = fill();
  ASSERT_TRUE(s_.set->remove({"other", 0}).ok());
  seconds(5);
  EXPECT_TRUE(append().ok());
  EXPECT_EQ(s_.log().log_end_offset(), 2 * (taken + 1));
}

TEST_F(FullDisk, NothingIsLostWhenTheProcessOrThePowerGoesMeanwhile) {
  for (bool power : {false, true}) {
    SCOPED_TRACE(power ? "power" : "process");
    if (!s_.set) open();
    room(30'000);
    EXPECT_GT(fill(), 10);
    std::string content = s_.content(s_.log());
    Status opened = s_.crash(power);
    if (!opened) {
      EXPECT_EQ(opened.code(), ErrorCode::no_space);
      EXPECT_NE(opened.error().detail.find("make room"), std::string::npos) << opened.error().detail;
      room(10 << 20);
      opened = s_.crash(power);
    }
    ASSERT_TRUE(opened.ok()) << opened.error().message();
    EXPECT_EQ(s_.content(s_.log()), content);
    room(10 << 20);
    seconds(3);
    s_.log().set_config(s_.config);
    ASSERT_TRUE(append().ok());
  }
}

TEST_F(FullDisk, AStopDoesNotHang) {
  open();
  room(30'000);
  fill();
  std::string content = s_.content(s_.log());
  std::optional<Status> closed;
  s_.set->close([&](Status s) { closed = s; });
  s_.run(std::chrono::seconds(5));
  ASSERT_TRUE(closed.has_value());
  EXPECT_EQ(closed->code(), ErrorCode::no_space);
  fs().quota_bytes = UINT64_MAX;
  ASSERT_TRUE(s_.crash(true).ok());
  EXPECT_FALSE(s_.report.clean_shutdown);
  EXPECT_EQ(s_.content(s_.log()), content);
}

}  // namespace
}  // namespace weir::log
