#include "base/io/disk.h"

#include <cerrno>

#include "tests/base/io/backend.h"

namespace weir::io {
namespace {

struct DiskTest : OnEveryBackend {
  FileId open(const std::string& name, OpenMode mode = OpenMode::read_write) {
    auto file = disk().open(dir() + "/" + name, mode);
    EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().message());
    return file.ok() ? *file : -1;
  }
};

TEST_P(DiskTest, WhatIsWrittenIsRead) {
  FileId f = open("a");
  Op written, read;
  disk().write(f, 100, as_bytes("hello"), written);
  EXPECT_EQ(written.times, 0);
  EXPECT_EQ(result_of(written), 5);
  EXPECT_EQ(disk().size(f).value(), 105u);
  uint8_t buffer[16];
  disk().read(f, 98, buffer, read);
  EXPECT_EQ(result_of(read), 7);  // short: end of file
  EXPECT_EQ(std::string(reinterpret_cast<char*>(buffer), 7), std::string("\0\0hello", 7));
  Op past;
  disk().read(f, 105, buffer, past);
  EXPECT_EQ(result_of(past), 0);
  disk().close(f);
}

TEST_P(DiskTest, GatherWriteAndSync) {
  FileId f = open("a");
  std::string content;
  std::vector<std::string> parts;
  for (int i = 0; i < 512; ++i)
    parts.push_back(std::string(static_cast<size_t>(i * 7 % 300), static_cast<char>('a' + i % 26)));
  std::vector<ConstBytes> slices;
  for (auto& p : parts) slices.push_back(as_bytes(p)), content += p;
  Op written, synced;
  disk().writev(f, 0, slices, written);
  EXPECT_EQ(result_of(written), static_cast<int32_t>(content.size()));
  disk().sync(f, synced);
  EXPECT_EQ(result_of(synced), 0);
  disk().close(f);
  auto back = disk().read_file(dir() + "/a");
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(as_string(*back), content);
}

TEST_P(DiskTest, ManyAtOnce) {
  FileId f = open("a");
  std::vector<std::unique_ptr<Op>> ops;
  std::vector<std::vector<uint8_t>> blocks;
  for (int i = 0; i < 300; ++i) blocks.emplace_back(4096, static_cast<uint8_t>(i));
  for (int i = 0; i < 300; ++i) {
    ops.push_back(std::make_unique<Op>());
    if (i % 3 == 0)
      disk().write_durable(f, static_cast<FilePos>(i) * 4096, blocks[static_cast<size_t>(i)], *ops.back());
    else
      disk().write(f, static_cast<FilePos>(i) * 4096, blocks[static_cast<size_t>(i)], *ops.back());
  }
  for (auto& op : ops) EXPECT_EQ(result_of(*op), 4096);
  std::vector<uint8_t> all(300 * 4096);
  EXPECT_EQ(disk().read_now(f, 0, all).value(), all.size());
  for (size_t i = 0; i < 300; ++i) EXPECT_EQ(all[i * 4096 + 5], static_cast<uint8_t>(i));
  disk().close(f);
}

TEST_P(DiskTest, DirectFilesWantAlignment) {
  auto opened = disk().open(dir() + "/direct", OpenMode::read_write_direct);
  if (opened.code() == ErrorCode::unsupported) GTEST_SKIP() << "no O_DIRECT here: " << opened.error().message();
  ASSERT_TRUE(opened.ok()) << opened.error().message();
  FileId f = *opened;
  Buffer block = Buffer::allocate(65536, 4096);
  memset(block.data(), 7, block.size());
  Op odd_size, odd_pos, odd_address, good, read;
  disk().write_durable(f, 0, ConstBytes(block.data(), 100), odd_size);
  EXPECT_EQ(result_of(odd_size), -EINVAL);
  disk().write_durable(f, 100, block.slice(0, 4096), odd_pos);
  EXPECT_EQ(result_of(odd_pos), -EINVAL);
  disk().write_durable(f, 0, ConstBytes(block.data() + 1, 4096), odd_address);
  EXPECT_EQ(result_of(odd_address), -EINVAL);
  disk().write_durable(f, 4096, block, good);
  EXPECT_EQ(result_of(good), 65536);
  Buffer back = Buffer::allocate(65536, 4096);
  disk().read(f, 4096, back.mutable_bytes(), read);
  EXPECT_EQ(result_of(read), 65536);
  EXPECT_EQ(as_string(back), as_string(block));
  disk().close(f);
}

TEST_P(DiskTest, CloseWaitsForWhatIsInFlight) {
  std::vector<uint8_t> big(1 << 20, 9);
  for (int i = 0; i < 10; ++i) {
    FileId f = open("f" + std::to_string(i));
    Op written;
    disk().write(f, 0, big, written);
    disk().close(f);
    FileId other = open("other");  // may take the same slot of the kernel's table
    EXPECT_EQ(result_of(written), static_cast<int32_t>(big.size()));
    EXPECT_EQ(disk().size(other).value(), 0u);
    disk().close(other);
    EXPECT_EQ(disk().read_file(dir() + "/f" + std::to_string(i)).value().size(), big.size());
  }
}

TEST_P(DiskTest, AClosedFileIsRefused) {
  FileId f = open("a");
  disk().close(f);
  FileId again = open("b");
  uint8_t buffer[4];
  Op read;
  disk().read(f, 0, buffer, read);
  EXPECT_EQ(result_of(read), -EBADF);
  EXPECT_EQ(disk().size(f).code(), ErrorCode::closed);
  disk().close(again);
}

TEST_P(DiskTest, ReadOnlyFilesAreNotWritten) {
  ASSERT_TRUE(disk().write_file_atomic(dir() + "/a", as_bytes("x")).ok());
  FileId f = open("a", OpenMode::read_only);
  Op written;
  disk().write(f, 0, as_bytes("y"), written);
  EXPECT_EQ(result_of(written), -EBADF);
  disk().close(f);
}

TEST_P(DiskTest, DirectoriesAreSyncedInTheBackground) {
  FileId f = open("a");
  Op synced, missing, no_directory;
  disk().sync_dir(dir(), synced);
  EXPECT_EQ(synced.times, 0);
  disk().sync_dir(dir() + "/none", missing);
  disk().sync_dir(dir() + "/a", no_directory);
  EXPECT_EQ(result_of(synced), 0);
  EXPECT_EQ(result_of(missing), -ENOENT);
  EXPECT_LT(result_of(no_directory), 0);
  disk().close(f);
}

TEST_P(DiskTest, PlainCalls) {
  const std::string d = dir() + "/x/y";
  ASSERT_TRUE(disk().make_dirs(d).ok());
  ASSERT_TRUE(disk().make_dirs(d).ok());
  EXPECT_EQ(disk().open(d + "/missing", OpenMode::read_only).code(), ErrorCode::not_found);
  ASSERT_TRUE(disk().write_file_atomic(d + "/f", as_bytes("one")).ok());
  ASSERT_TRUE(disk().write_file_atomic(d + "/f", as_bytes("three")).ok());
  EXPECT_FALSE(disk().exists(d + "/f.tmp").value());
  EXPECT_TRUE(disk().exists(d + "/f").value());
  auto file = disk().open(d + "/f", OpenMode::read_write);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(disk().truncate(*file, 2).ok());
  EXPECT_EQ(disk().size(*file).value(), 2u);
  EXPECT_TRUE(disk().sync_now(*file).ok());
  disk().close(*file);
  auto entries = disk().list(d);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ((*entries)[0].name, "f");
  EXPECT_EQ((*entries)[0].size, 2u);
  EXPECT_FALSE((*entries)[0].is_directory);
  EXPECT_TRUE(disk().rename(d + "/f", d + "/g").ok());
  EXPECT_TRUE(disk().sync_dir_now(d).ok());
  EXPECT_FALSE(disk().remove(dir() + "/x").ok());  // not empty
  EXPECT_TRUE(disk().remove_tree(dir() + "/x").ok());
  EXPECT_TRUE(disk().remove_tree(dir() + "/x").ok());
  EXPECT_FALSE(disk().exists(d).value());
  EXPECT_EQ(disk().list(d).code(), ErrorCode::not_found);
  EXPECT_EQ(disk().remove(d).code(), ErrorCode::not_found);
  EXPECT_GT(disk().free_bytes(dir()).value(), 0u);
}

TEST_P(DiskTest, AFileKnowsWhetherItIsStillInPlace) {
  ASSERT_TRUE(disk().make_dirs(dir() + "/sub").ok());
  FileId removed = open("sub/a"), moved = open("sub/b"), replaced = open("sub/c"), kept = open("d");
  auto lock = disk().lock(dir() + "/sub/lock");
  ASSERT_TRUE(lock.ok());
  for (FileId f : {removed, moved, replaced, kept, *lock}) EXPECT_TRUE(disk().is_in_place(f).value());
  ASSERT_TRUE(disk().remove(dir() + "/sub/a").ok());
  EXPECT_FALSE(disk().is_in_place(removed).value());
  ASSERT_TRUE(disk().remove(dir() + "/sub/c").ok());
  FileId other = open("sub/c");
  EXPECT_FALSE(disk().is_in_place(replaced).value()) << "another file of the same name";
  EXPECT_TRUE(disk().is_in_place(other).value());
  ASSERT_TRUE(disk().rename(dir() + "/sub", dir() + "/away").ok());
  for (FileId f : {moved, other, *lock}) EXPECT_FALSE(disk().is_in_place(f).value());
  EXPECT_TRUE(disk().is_in_place(kept).value());
  Op synced;
  disk().sync(removed, synced);
  EXPECT_EQ(result_of(synced), 0) << "a sync does not tell";
  for (FileId f : {removed, moved, replaced, other, kept, *lock}) disk().close(f);
  EXPECT_EQ(disk().is_in_place(kept).code(), ErrorCode::closed);
}

TEST_P(DiskTest, ALockIsExclusiveUntilClosed) {
  auto lock = disk().lock(dir() + "/.lock");
  ASSERT_TRUE(lock.ok()) << lock.error().message();
  EXPECT_EQ(disk().lock(dir() + "/.lock").code(), ErrorCode::busy_address);
  disk().close(*lock);
  auto again = disk().lock(dir() + "/.lock");
  ASSERT_TRUE(again.ok());
  disk().close(*again);
}

ON_EVERY_BACKEND(DiskTest);

TEST(ErrorOfErrno, NamesTheKind) {
  EXPECT_EQ(error_of_errno(-ENOSPC, "x").code, ErrorCode::no_space);
  EXPECT_EQ(error_of_errno(-ECONNRESET, "x").code, ErrorCode::connection_failed);
  EXPECT_EQ(error_of_errno(-EIO, "x", "/p").detail, "/p: Input/output error");
}

}  // namespace
}  // namespace weir::io
