#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "tests/base/io/backend.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {
namespace {

using io::FileId;
using io::Op;
using io::OpenMode;

struct Machine {
  explicit Machine(uint64_t seed) : world(seed), node(world.add_node("n0")) { node.start_shard(); }
  io::Disk& disk() { return node.shard(0).disk(); }
  int32_t wait(Op& op) {
    EXPECT_TRUE(world.run_until([&] { return op.times > 0; }));
    return op.result;
  }
  void power_cycle() {
    node.power_off();
    node.start_shard();
  }
  std::string content(const std::string& path) {
    auto bytes = disk().read_file(path);
    return bytes.ok() ? std::string(as_string(*bytes)) : "<" + std::string(error_name(bytes.code())) + ">";
  }
  SimWorld world;
  SimNode& node;
};

std::string blocks(char c, size_t n) { return std::string(n * 4096, c); }

TEST(DiskCrash, SyncedWritesSurviveAndUnsyncedOnesMayNot) {
  std::set<std::string> fates;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes(blocks('a', 3))).ok());
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    Op synced_write, sync, late;
    const std::string b = blocks('b', 1), c = blocks('c', 2);
    m.disk().write(f, 0, as_bytes(b), synced_write);
    EXPECT_EQ(m.wait(synced_write), 4096);
    m.disk().sync(f, sync);
    EXPECT_EQ(m.wait(sync), 0);
    m.disk().write(f, 4096, as_bytes(c), late);
    EXPECT_EQ(m.wait(late), 8192);
    m.power_cycle();
    const std::string after = m.content("/tmp/f");
    ASSERT_EQ(after.size(), 3 * 4096u) << seed;
    EXPECT_EQ(after.substr(0, 4096), b) << seed;
    for (size_t i = 4096; i < after.size(); i += 512) {  // never less than a sector is torn
      EXPECT_EQ(after.substr(i, 512), std::string(512, after[i])) << seed;
      EXPECT_TRUE(after[i] == 'a' || after[i] == 'c');
    }
    fates.insert(after.substr(4096) == c ? "kept" : after.substr(4096) == blocks('a', 2) ? "dropped" : "torn");
  }
  EXPECT_EQ(fates.size(), 3u);
}

TEST(DiskCrash, ADurableWriteSurvivesAlsoAboveUnsyncedOnes) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes(blocks('a', 4))).ok());
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    Op unsynced, durable;
    const std::string b = blocks('b', 4), c = blocks('c', 1);
    m.disk().write(f, 0, as_bytes(b), unsynced);
    EXPECT_EQ(m.wait(unsynced), 4 * 4096);
    m.disk().write_durable(f, 4096, as_bytes(c), durable);
    EXPECT_EQ(m.wait(durable), 4096);
    m.power_cycle();
    EXPECT_EQ(m.content("/tmp/f").substr(4096, 4096), c) << seed;
  }
}

TEST(DiskCrash, AnOperationInFlightIsDoneOrNot) {
  std::set<char> seen;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes(blocks('a', 1))).ok());
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    Op durable;
    const std::string b = blocks('b', 1);
    m.disk().write_durable(f, 0, as_bytes(b), durable);
    m.power_cycle();
    m.world.run_for(1s);
    EXPECT_EQ(durable.times, 0);  // nobody is left to be called
    seen.insert(m.content("/tmp/f")[0]);
  }
  EXPECT_EQ(seen, (std::set<char>{'a', 'b'}));
}

TEST(DiskCrash, AKillLosesNothingThatWasWritten) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Machine m(seed);
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    Op written;
    m.disk().write(f, 0, as_bytes("unsynced"), written);
    EXPECT_EQ(m.wait(written), 8);
    m.node.kill();
    m.node.start_shard();
    EXPECT_EQ(m.content("/tmp/f"), "unsynced");
  }
}

TEST(DiskCrash, ASyncThatFailedIsNotMadeGoodByTheNext) {
  int lost = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes(blocks('a', 1))).ok());
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    ASSERT_TRUE(m.disk().write_now(f, 0, as_bytes(blocks('b', 1))).ok());
    m.node.fs().fail_syncs = 1;
    Op failed, second;
    m.disk().sync(f, failed);
    EXPECT_EQ(m.wait(failed), -EIO);
    m.disk().sync(f, second);
    EXPECT_EQ(m.wait(second), 0);
    EXPECT_EQ(m.content("/tmp/f"), blocks('b', 1));
    m.power_cycle();
    lost += m.content("/tmp/f") == blocks('a', 1);
  }
  EXPECT_EQ(lost, 50);
}

TEST(DiskCrash, AtomicFilesAreOldOrNewAtEveryPoint) {
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 60; ++seed) {
    for (uint64_t point = 1; point <= 7; ++point) {
      Machine m(seed);
      ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes("old content")).ok());
      bool ran = false;
      m.node.shard(0).post([&] {
        ran = true;
        Status written = m.disk().write_file_atomic("/tmp/f", as_bytes("new"));
        EXPECT_TRUE(written.ok());  // the process does not notice that it is dying
      });
      m.node.power_off_at_disk_change(point);
      ASSERT_TRUE(m.world.run_until([&] { return ran; }));
      m.world.run_for(1ms);
      if (m.node.running()) continue;  // fewer changes than that
      m.node.start_shard();
      const std::string after = m.content("/tmp/f");
      EXPECT_TRUE(after == "old content" || after == "new") << seed << ' ' << point << ' ' << after;
      seen.insert(after);
    }
  }
  EXPECT_EQ(seen.size(), 2u);
}

TEST(DiskCrash, NamesNeedASyncOfTheirDirectory) {
  std::set<std::string> with, without;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().make_dirs("/data/x").ok());
    ASSERT_TRUE(m.disk().sync_dir_now("/").ok());
    ASSERT_TRUE(m.disk().sync_dir_now("/data").ok());
    for (const char* path : {"/data/x/synced", "/data/x/late"}) {
      FileId f = m.disk().open(path, OpenMode::read_write).value();
      ASSERT_TRUE(m.disk().write_now(f, 0, as_bytes("x")).ok());
      ASSERT_TRUE(m.disk().sync_now(f).ok());
      if (path == std::string("/data/x/synced")) {
        ASSERT_TRUE(m.disk().sync_dir_now("/data/x").ok());
      }
    }
    m.power_cycle();
    with.insert(m.content("/data/x/synced"));
    without.insert(m.content("/data/x/late"));
  }
  EXPECT_EQ(with, (std::set<std::string>{"x"}));
  EXPECT_EQ(without, (std::set<std::string>{"<not_found>", "x"}));
}

TEST(DiskCrash, ADirectorySyncHoldsTheNamesThatWereThereWhenItBegan) {
  std::set<std::string> before, meanwhile;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    Machine m(seed);
    auto make = [&](const std::string& path) {
      FileId f = m.disk().open(path, OpenMode::read_write).value();
      ASSERT_TRUE(m.disk().write_now(f, 0, as_bytes("x")).ok());
      ASSERT_TRUE(m.disk().sync_now(f).ok());
    };
    make("/tmp/before");
    Op synced;
    m.disk().sync_dir("/tmp", synced);
    make("/tmp/meanwhile");
    EXPECT_EQ(m.wait(synced), 0);
    m.power_cycle();
    before.insert(m.content("/tmp/before"));
    meanwhile.insert(m.content("/tmp/meanwhile"));
  }
  EXPECT_EQ(before, (std::set<std::string>{"x"}));
  EXPECT_EQ(meanwhile, (std::set<std::string>{"<not_found>", "x"}));
}

TEST(DiskCrash, ShrinkingAndGrowingAgainIsTracked) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Machine m(seed);
    ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes(blocks('a', 2))).ok());
    FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
    ASSERT_TRUE(m.disk().truncate(f, 1000).ok());
    ASSERT_TRUE(m.disk().write_now(f, 1000, as_bytes(blocks('b', 2))).ok());
    const bool synced = seed % 2;
    if (synced) {
      ASSERT_TRUE(m.disk().sync_now(f).ok());
    }
    m.power_cycle();
    const std::string after = m.content("/tmp/f");
    EXPECT_EQ(after.substr(0, 1000), std::string(1000, 'a')) << seed;
    if (synced) {
      EXPECT_EQ(after, std::string(1000, 'a') + blocks('b', 2)) << seed;
    }
  }
}

TEST(DiskFaults, AFullDiskSaysSo) {
  Machine m(1);
  FileId f = m.disk().open("/tmp/f", OpenMode::read_write).value();
  m.node.fs().quota_bytes = 10000;
  Op fits, full, again;
  const std::string block = blocks('a', 2);
  m.disk().write(f, 0, as_bytes(block), fits);
  EXPECT_EQ(m.wait(fits), 8192);
  m.disk().write_durable(f, 8192, as_bytes(block), full);
  EXPECT_EQ(m.wait(full), -ENOSPC);
  EXPECT_EQ(m.disk().free_bytes("/").value(), 10000u - 8192u);
  EXPECT_EQ(m.disk().write_now(f, 8192, as_bytes(block)).code(), ErrorCode::no_space);
  m.node.fs().quota_bytes = UINT64_MAX;
  m.disk().write_durable(f, 8192, as_bytes(block), again);
  EXPECT_EQ(m.wait(again), 8192);
}

TEST(DiskFaults, RotFlipsBitsForGood) {
  Machine m(1);
  ASSERT_TRUE(m.disk().write_file_atomic("/tmp/f", as_bytes("abc")).ok());
  EXPECT_TRUE(m.node.fs().rot("/tmp/f", 1, 0x01).ok());
  EXPECT_EQ(m.content("/tmp/f"), "acc");
  m.power_cycle();
  EXPECT_EQ(m.content("/tmp/f"), "acc");
  EXPECT_FALSE(m.node.fs().rot("/tmp/f", 3, 1).ok());
}

TEST(DiskFaults, ALockDiesWithTheProcess) {
  Machine m(1);
  ASSERT_TRUE(m.disk().lock("/tmp/.lock").ok());
  EXPECT_EQ(m.disk().lock("/tmp/.lock").code(), ErrorCode::busy_address);
  m.node.kill();
  m.node.start_shard();
  EXPECT_TRUE(m.disk().lock("/tmp/.lock").ok());
}

}  // namespace
}  // namespace weir::sim
