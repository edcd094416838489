#include "log/commit_journal.h"

#include <gtest/gtest.h>

#include "log/faults.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::log {
namespace {

struct NoOwner final : JournalOwner {
  void on_journal_progress() override {}
  void on_journal_pressure(bool) override {}
  void on_journal_failed(const Error& error) override { FAIL() << error.message(); }
};

/// A ring whose lives all begin at its front.
class Ring {
 public:
  Ring() {
    auto opened = disk().open("/tmp/ring", io::OpenMode::read_write);
    CHECK(opened.ok(), "a file in memory opens");
    file_ = *opened;
    CHECK(disk().write_now(file_, 0, std::vector<uint8_t>(kBytes)).ok(), "and is written");
  }

  /// A life of the journal that writes one group for each offset.
  void write(uint64_t drawn, const std::vector<Offset>& groups) {
    NoOwner owner;
    CommitJournal journal(world_->runtime(), owner, {.bytes = kBytes, .bytes_max = kBytes});
    journal.start(file_, kBytes, front(drawn), drawn);
    for (Offset offset : groups) {
      JournalEntry entry;
      entry.kind = EntryKind::truncate;
      entry.offset = offset;
      journal.add(std::move(entry));
      ASSERT_TRUE(world_->run_until([&] { return journal.idle(); }));
    }
    EXPECT_EQ(journal.groups_written(), groups.size());
  }

  /// The offsets that a recovery of that life finds.
  std::vector<Offset> read(uint64_t drawn) {
    std::vector<Offset> found;
    JournalScan scan(disk(), file_, kBytes);
    Status status = scan.run(front(drawn), [&](const JournalScan::Entry& entry) {
      found.push_back(entry.offset);
      return Status();
    });
    EXPECT_TRUE(status.ok());
    return found;
  }

 private:
  static constexpr uint64_t kBytes = 64 * CommitJournal::kBlock;
  static JournalMark front(uint64_t drawn) { return {1, 1, CommitJournal::kBlock, drawn}; }
  io::Disk& disk() { return world_->runtime().disk(); }

  std::unique_ptr<sim::SimWorld> world_ = sim::SimWorld::single();
  io::FileId file_ = -1;
};

/// Of two groups in flight a power cut tore the first and kept the second. The next life's first group has the same
/// size, so what follows it is whole and has the right sequence and entry number.
TEST(CommitJournal, AGroupOfAnEarlierLifeDoesNotFollow) {
  Ring ring;
  ring.write(111, {10, 11});
  ring.write(222, {20});
  EXPECT_EQ(ring.read(222), std::vector<Offset>{20});
  mutations().ignore_group_chain = true;
  EXPECT_EQ(ring.read(222), (std::vector<Offset>{20, 11})) << "the switch breaks what this test watches";
  mutations().ignore_group_chain = false;
}

}  // namespace
}  // namespace weir::log
