#include "tools/cli/dump.h"

#include <gtest/gtest.h>

#include "base/wire/record_batch.h"

namespace weir::cli {
namespace {

std::string printed;

Status dump(const std::vector<uint8_t>& file, DumpOptions options = {.records = true}) {
  printed.clear();
  return dump_segment(file, options, [](std::string_view text) { printed += text; });
}

std::vector<uint8_t> batch(Offset base, wire::Compression codec = wire::Compression::none) {
  wire::RecordBatchBuilder::Options options;
  options.base_offset = base;
  options.compression = codec;
  wire::RecordBatchBuilder builder(options);
  builder.append(0, as_bytes("key"), as_bytes(std::string_view("v\x01", 2)));
  builder.append(1, std::nullopt, std::nullopt);
  Buffer b = builder.build();
  return {b.data(), b.data() + b.size()};
}

TEST(DumpSegment, PrintsBatchesAndRecords) {
  std::vector<uint8_t> file = batch(5), second = batch(7, wire::Compression::lz4);
  size_t at = file.size();
  file.insert(file.end(), second.begin(), second.end());
  ASSERT_TRUE(dump(file));
  EXPECT_EQ(printed.find("@0 offsets 5..6 count 2 "), 0u) << printed;
  EXPECT_NE(printed.find("  5 1970-01-01 00:00:00.000 key : v\\x01\n  6 1970-01-01 00:00:00.001 null : null\n"),
            std::string::npos)
      << printed;
  EXPECT_NE(printed.find("@" + std::to_string(at) + " offsets 7..8 count 2 epoch -1 lz4 "), std::string::npos)
      << printed;
}

TEST(DumpSegment, ZerosBehindTheRecordsAreNoError) {
  std::vector<uint8_t> file = batch(0);
  file.resize(file.size() + 100);
  ASSERT_TRUE(dump(file, {}));
  EXPECT_NE(printed.find("100 bytes of zeros"), std::string::npos) << printed;
}

TEST(DumpSegment, ABrokenCrcIsShownAndFails) {
  std::vector<uint8_t> file = batch(0), good = batch(2);
  file.back() ^= 1;
  file.insert(file.end(), good.begin(), good.end());
  Status s = dump(file);
  EXPECT_EQ(s.code(), ErrorCode::corrupt_message);
  EXPECT_NE(printed.find("CRC DOES NOT HOLD"), std::string::npos);
  EXPECT_NE(printed.find("offsets 2..3"), std::string::npos) << "what follows is still shown";
}

TEST(DumpSegment, ACutBatchSaysWhere) {
  std::vector<uint8_t> file = batch(0), second = batch(2);
  size_t at = file.size();
  file.insert(file.end(), second.begin(), second.end() - 3);
  Status s = dump(file, {});
  ASSERT_FALSE(s);
  EXPECT_NE(s.error().detail.find("at position " + std::to_string(at) + ": the last batch is cut off"),
            std::string::npos)
      << s.error().detail;
}

TEST(DumpSegment, EmptyFile) {
  ASSERT_TRUE(dump({}));
  EXPECT_EQ(printed, "");
}

}  // namespace
}  // namespace weir::cli
