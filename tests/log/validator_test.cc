#include "log/validator.h"

#include "base/util/crc32c.h"
#include "base/util/varint.h"
#include "tests/log/log_test_util.h"

namespace weir::log {
namespace {

using Origin = PartitionLog::Origin;
constexpr WallMillis kNow = 1'700'000'000'000;

/// A batch with one field changed and, unless the CRC itself is what is tested, a CRC that fits again.
struct Forged {
  Buffer bytes;
  explicit Forged(Buffer b) : bytes(std::move(b)) {}
  template <class T>
  Forged& put(size_t at, T value) {
    store_be<T>(bytes.data() + at, value);
    return *this;
  }
  Forged& seal() {
    store_be<uint32_t>(bytes.data() + 17, crc32c(bytes.bytes().subspan(BatchHeader::kCrcFrom)));
    return *this;
  }
};
Forged forge(const BatchSpec& spec = {.records = 3}) { return Forged(make_batch(spec)); }

/// A batch of `count` records whose record bytes are given raw.
Buffer raw_batch(int32_t count, const std::vector<uint8_t>& records, int16_t attributes = 0) {
  Buffer header = make_batch({.records = 1});
  Buffer out = Buffer::allocate(BatchHeader::kSize + records.size());
  std::memcpy(out.data(), header.data(), BatchHeader::kSize);
  std::copy(records.begin(), records.end(), out.data() + BatchHeader::kSize);
  Forged f(std::move(out));
  f.put<int32_t>(8, static_cast<int32_t>(f.bytes.size() - BatchHeader::kLengthEnd)).put<int16_t>(21, attributes);
  return f.put<int32_t>(23, count - 1).put<int32_t>(57, count).seal().bytes;
}
/// Length, attributes, timestamp delta, offset delta, null key, null value, no header.
std::vector<uint8_t> raw_record(uint8_t offset_delta) {
  return {12, 0, 0, static_cast<uint8_t>(2 * offset_delta), 1, 1, 0};
}
std::vector<uint8_t> operator+(std::vector<uint8_t> a, const std::vector<uint8_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class Validator : public ::testing::Test {
 protected:
  ErrorCode judge(Buffer bytes, Origin origin = Origin::client) {
    return validate_produced(bytes.mutable_bytes(), config_, origin, kNow).code();
  }
  ErrorCode judge(const Forged& f, Origin origin = Origin::client) { return judge(f.bytes, origin); }
  LogConfig config_;
};

TEST_F(Validator, TakesEveryCodecAndLeavesTheBytesAlone) {
  for (auto codec : {wire::Compression::none, wire::Compression::gzip, wire::Compression::snappy,
                     wire::Compression::lz4, wire::Compression::zstd}) {
    Buffer batch = make_batch({.records = 40, .value_size = 300, .compression = codec});
    Buffer before = Buffer::copy_of(batch);
    EXPECT_EQ(judge(batch), ErrorCode::none) << wire::compression_name(codec);
    EXPECT_EQ(as_string(batch.bytes()), as_string(before.bytes()));
    EXPECT_EQ(judge(concat({batch, make_batch({.records = 2}), batch})), ErrorCode::none);
  }
}

TEST_F(Validator, Framing) {
  EXPECT_EQ(judge(Buffer()), ErrorCode::invalid_record);
  Buffer whole = make_batch({.records = 2});
  for (size_t n : {size_t{1}, size_t{11}, size_t{12}, size_t{17}, size_t{60}, size_t{61}, whole.size() - 1}) {
    EXPECT_EQ(judge(Buffer::copy_of(whole.bytes().first(n))), ErrorCode::corrupt_message) << n << " bytes";
    EXPECT_EQ(judge(concat({whole, Buffer::copy_of(whole.bytes().first(n))})), ErrorCode::corrupt_message)
        << n << " bytes behind a batch";
  }
  for (int32_t length : {0, 48, -1, INT32_MIN, INT32_MAX})
    EXPECT_EQ(judge(forge().put<int32_t>(8, length)), ErrorCode::corrupt_message) << length;
}

TEST_F(Validator, Magic) {
  EXPECT_EQ(judge(forge().put<int8_t>(16, 0)), ErrorCode::unsupported_for_message_format);
  EXPECT_EQ(judge(forge().put<int8_t>(16, 1)), ErrorCode::unsupported_for_message_format);
  EXPECT_EQ(judge(forge().put<int8_t>(16, 3)), ErrorCode::corrupt_message);
  EXPECT_EQ(judge(forge().put<int8_t>(16, -1)), ErrorCode::corrupt_message);
}

TEST_F(Validator, EveryBitBehindTheChecksumCounts) {
  Buffer batch = make_batch({.records = 2});
  for (size_t at = BatchHeader::kCrcFrom - 4; at < batch.size(); ++at) {
    Buffer flipped = Buffer::copy_of(batch);
    flipped.data()[at] ^= 0x10;
    EXPECT_EQ(judge(flipped), ErrorCode::corrupt_message) << "byte " << at;
  }
  // Offset and leader epoch are the broker's to write, so they lie outside.
  EXPECT_EQ(judge(forge().put<int64_t>(0, 77).put<int32_t>(12, 5)), ErrorCode::none);
}

TEST_F(Validator, CountsAgainstOffsets) {
  EXPECT_EQ(judge(forge().put<int32_t>(23, 3).seal()), ErrorCode::invalid_record) << "a gap at the end";
  EXPECT_EQ(judge(forge().put<int32_t>(23, 1).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int32_t>(23, -1).put<int32_t>(57, 0).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int32_t>(57, 2).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int32_t>(57, -3).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int32_t>(23, INT32_MAX).put<int32_t>(57, INT32_MIN).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int32_t>(23, 3).put<int32_t>(57, 4).seal()), ErrorCode::invalid_record)
      << "fewer records than both say";
  EXPECT_EQ(judge(forge().put<int32_t>(23, 1).put<int32_t>(57, 2).seal()), ErrorCode::invalid_record)
      << "bytes behind the last record";
  EXPECT_EQ(judge(raw_batch(0, {})), ErrorCode::invalid_record) << "no record";
  EXPECT_EQ(judge(raw_batch(2, raw_record(0) + raw_record(1))), ErrorCode::none);
  EXPECT_EQ(judge(raw_batch(2, raw_record(0) + raw_record(0))), ErrorCode::invalid_record);
  EXPECT_EQ(judge(raw_batch(2, raw_record(1) + raw_record(0))), ErrorCode::invalid_record);
  EXPECT_EQ(judge(raw_batch(2, raw_record(0) + raw_record(2))), ErrorCode::invalid_record);
}

TEST_F(Validator, RecordsAreWalkedOver) {
  EXPECT_EQ(judge(raw_batch(1, {0x80})), ErrorCode::invalid_record) << "half a varint";
  EXPECT_EQ(judge(raw_batch(1, {1})), ErrorCode::invalid_record) << "a negative length";
  EXPECT_EQ(judge(raw_batch(1, {0})), ErrorCode::invalid_record) << "an empty record";
  EXPECT_EQ(judge(raw_batch(1, {0xFE, 0xFF, 0xFF, 0xFF, 0x0F})), ErrorCode::invalid_record) << "a length of 2^31-1";
  EXPECT_EQ(judge(raw_batch(1, {12, 0, 0, 0, 3, 1, 0})), ErrorCode::invalid_record) << "a key of length -2";
  EXPECT_EQ(judge(raw_batch(1, {12, 0, 0, 0, 1, 100, 0})), ErrorCode::invalid_record) << "a value beyond its record";
  EXPECT_EQ(judge(raw_batch(1, {12, 0, 0, 0, 1, 1, 2})), ErrorCode::invalid_record) << "a header that is not there";
  EXPECT_EQ(judge(raw_batch(1, {12, 0, 0, 0, 1, 1, 1})), ErrorCode::invalid_record) << "a negative count of headers";
  EXPECT_EQ(judge(raw_batch(1, {14, 0, 0, 0, 1, 1, 0, 9})), ErrorCode::invalid_record) << "bytes behind a record";
}

TEST_F(Validator, AttributesThatClientsMayNotSet) {
  EXPECT_EQ(judge(forge().put<int16_t>(21, 5).seal()), ErrorCode::unsupported_compression_type);
  EXPECT_EQ(judge(forge().put<int16_t>(21, 7).seal()), ErrorCode::unsupported_compression_type);
  EXPECT_EQ(judge(forge().put<int16_t>(21, BatchHeader::kControl).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge().put<int16_t>(21, BatchHeader::kTransactional).seal()), ErrorCode::invalid_record)
      << "no producer id";
  EXPECT_EQ(judge(forge().put<int16_t>(21, BatchHeader::kLogAppendTime).seal()), ErrorCode::invalid_timestamp);
  EXPECT_EQ(judge(make_marker(5, 0, true)), ErrorCode::invalid_record);
  EXPECT_EQ(judge(make_marker(5, 0, true), Origin::coordinator), ErrorCode::none);
}

TEST_F(Validator, ProducerFields) {
  BatchSpec spec{.records = 2, .producer_id = 7, .sequence = 0};
  EXPECT_EQ(judge(forge(spec)), ErrorCode::none);
  EXPECT_EQ(judge(forge(spec).put<int32_t>(53, -1).seal()), ErrorCode::invalid_record);
  EXPECT_EQ(judge(forge(spec).put<int16_t>(51, -1).seal()), ErrorCode::invalid_record);
}

TEST_F(Validator, WhatDoesNotDecompressIsCorrupt) {
  for (auto codec :
       {wire::Compression::gzip, wire::Compression::snappy, wire::Compression::lz4, wire::Compression::zstd}) {
    const char* name = wire::compression_name(codec).data();
    BatchSpec spec{.records = 20, .value_size = 400, .compression = codec};
    Forged broken = forge(spec);
    for (size_t at = BatchHeader::kSize; at < broken.bytes.size(); ++at) broken.bytes.data()[at] ^= 0x5A;
    EXPECT_EQ(judge(broken.seal()), ErrorCode::corrupt_message) << name;
    EXPECT_EQ(judge(raw_batch(3, raw_record(0) + raw_record(1) + raw_record(2), static_cast<int16_t>(codec))),
              ErrorCode::corrupt_message)
        << name;
    Buffer whole = make_batch(spec);
    Forged cut(Buffer::copy_of(whole.bytes().first(whole.size() - 5)));
    cut.put<int32_t>(8, static_cast<int32_t>(cut.bytes.size() - BatchHeader::kLengthEnd)).seal();
    EXPECT_EQ(judge(cut), ErrorCode::corrupt_message) << name << " cut off";
  }
}

TEST_F(Validator, SizesBeforeAndAfterCompression) {
  Buffer batch = make_batch({.records = 1, .value_size = 1000});
  config_.max_message_bytes = static_cast<uint32_t>(batch.size());
  EXPECT_EQ(judge(batch), ErrorCode::none);
  config_.max_message_bytes -= 1;
  EXPECT_EQ(judge(batch), ErrorCode::message_too_large);
  EXPECT_EQ(judge(batch, Origin::coordinator), ErrorCode::none) << "max.message.bytes is the clients'";
  // What counts is the size on the wire and on the disk, so a batch that packs well may be larger than the limit in
  // memory …
  Buffer packed = make_batch({.records = 1, .value_size = 500'000, .compression = wire::Compression::zstd});
  ASSERT_LT(packed.size(), 1000u);
  EXPECT_EQ(judge(packed), ErrorCode::none);
  // … but not without bound.
  config_.max_message_bytes = 1 << 20;
  Buffer bomb = make_batch({.records = 1, .value_size = 130u << 20, .compression = wire::Compression::zstd});
  ASSERT_LT(bomb.size(), config_.max_message_bytes);
  EXPECT_EQ(judge(bomb), ErrorCode::message_too_large);
  config_.segment_bytes = 3 * batch.size();
  config_.max_message_bytes = 1 << 20;
  EXPECT_EQ(judge(concat({batch, batch, batch})), ErrorCode::none);
  EXPECT_EQ(judge(concat({batch, batch, batch, batch})), ErrorCode::record_list_too_large);
}

TEST_F(Validator, TimestampsInsideTheirBounds) {
  config_.message_timestamp_before_max_ms = 1000;
  config_.message_timestamp_after_max_ms = 500;
  EXPECT_EQ(judge(make_batch({.timestamp = kNow - 1000})), ErrorCode::none);
  EXPECT_EQ(judge(make_batch({.timestamp = kNow - 1001})), ErrorCode::invalid_timestamp);
  EXPECT_EQ(judge(make_batch({.timestamp = kNow + 500})), ErrorCode::none);
  EXPECT_EQ(judge(make_batch({.timestamp = kNow + 501})), ErrorCode::invalid_timestamp);
  EXPECT_EQ(judge(make_batch({.records = 3, .timestamp = kNow + 499})), ErrorCode::invalid_timestamp)
      << "the last of three is too far ahead";
  EXPECT_EQ(judge(make_batch({.timestamp = -1})), ErrorCode::none) << "no timestamp";
  for (WallMillis odd : {WallMillis{INT64_MIN}, WallMillis{INT64_MIN + 1}, WallMillis{-2}, WallMillis{INT64_MAX}})
    EXPECT_EQ(judge(make_batch({.timestamp = odd})), ErrorCode::invalid_timestamp) << odd;
  config_.message_timestamp_before_max_ms = config_.message_timestamp_after_max_ms = INT64_MAX;
  EXPECT_EQ(judge(make_batch({.timestamp = 1})), ErrorCode::none);
  EXPECT_EQ(judge(make_batch({.timestamp = INT64_MAX})), ErrorCode::none);
}

TEST_F(Validator, TheLargestTimestampIsTheRecords) {
  Forged lies = forge({.records = 3, .timestamp = kNow});
  lies.put<int64_t>(35, kNow + 999).seal();
  EXPECT_EQ(judge(lies), ErrorCode::none);
  BatchHeader b(lies.bytes.data());
  EXPECT_EQ(b.max_timestamp(), kNow + 2);
  EXPECT_TRUE(check_stored_batch(b).ok()) << "its CRC is made anew";
}

TEST_F(Validator, LogAppendTimeIsStamped) {
  config_.message_timestamp_type = TimestampType::log_append_time;
  config_.message_timestamp_before_max_ms = 0;  // says nothing about what is overwritten
  Buffer batch = make_batch({.records = 3, .timestamp = 5});
  EXPECT_EQ(judge(batch), ErrorCode::none);
  BatchHeader b(batch.data());
  EXPECT_TRUE(b.log_append_time());
  EXPECT_EQ(b.max_timestamp(), kNow);
  EXPECT_EQ(b.base_timestamp(), 5);
  EXPECT_TRUE(check_stored_batch(b).ok());
}

TEST_F(Validator, CompactedTopicsWantKeys) {
  config_.cleanup_compact = true;
  EXPECT_EQ(judge(make_batch({.records = 2})), ErrorCode::none);
  EXPECT_EQ(judge(make_batch({.records = 2, .keys = false})), ErrorCode::invalid_record);
}

TEST_F(Validator, FetchedBatchesContinueTheLog) {
  auto judge_fetched = [](const Buffer& bytes, Offset expected) { return validate_fetched(bytes, expected).code(); };
  Buffer two = concat({make_batch({.records = 2}, 10, 1), make_batch({.records = 2}, 15, 1)});
  EXPECT_EQ(judge_fetched(two, 10), ErrorCode::none);
  EXPECT_EQ(judge_fetched(two, 7), ErrorCode::none) << "compaction leaves gaps";
  EXPECT_EQ(judge_fetched(two, 11), ErrorCode::offset_out_of_range);
  EXPECT_EQ(judge_fetched(concat({make_batch({.records = 2}, 10), make_batch({.records = 2}, 11)}), 10),
            ErrorCode::offset_out_of_range);
  EXPECT_EQ(judge_fetched(Buffer(), 0), ErrorCode::corrupt_message);
  EXPECT_EQ(judge_fetched(Buffer::copy_of(two.bytes().first(two.size() - 1)), 10), ErrorCode::corrupt_message);
  Buffer flipped = Buffer::copy_of(two);
  flipped.data()[flipped.size() - 1] ^= 1;
  EXPECT_EQ(judge_fetched(flipped, 10), ErrorCode::corrupt_message);
  EXPECT_EQ(judge_fetched(make_batch({.records = 1}, -1), -1), ErrorCode::corrupt_message);
  EXPECT_EQ(judge_fetched(Forged(make_batch({.records = 3}, 10)).put<int32_t>(23, 5).seal().bytes, 10), ErrorCode::none)
      << "compacted at its end";
  EXPECT_EQ(judge_fetched(Forged(make_batch({.records = 3}, 10)).put<int32_t>(23, 1).seal().bytes, 10),
            ErrorCode::corrupt_message);
}

}  // namespace
}  // namespace weir::log
