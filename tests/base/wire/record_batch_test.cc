#include "base/wire/record_batch.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::wire {
namespace {

constexpr Compression kCodecs[] = {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4,
                                   Compression::zstd};

Buffer three_records(RecordBatchBuilder::Options options = {}) {
  RecordBatchBuilder b(options);
  RecordHeaderView headers[] = {{"trace", as_bytes("abc")}, {"empty", std::nullopt}};
  b.append(1000, as_bytes("k0"), as_bytes("v0"));
  b.append(990, std::nullopt, as_bytes("v1"), headers);
  b.append(1020, as_bytes("k2"), std::nullopt);
  return b.build();
}

// One record "v" without key at time 1: the bytes as the specification of the format has them, CRC by another
// implementation.
TEST(RecordBatch, BytesAreThoseOfTheSpecification) {
  RecordBatchBuilder b(
      {.base_offset = 5, .leader_epoch = 2, .producer_id = 7, .producer_epoch = 1, .base_sequence = 3});
  b.append(1, std::nullopt, as_bytes("v"));
  Buffer batch = b.build();
  const uint8_t head[] = {0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 57, 0, 0, 0, 2, 2};
  const uint8_t tail[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,  0, 0, 0, 0, 1, 0,   0,
                          0, 0, 0, 0, 0, 7, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 14, 0, 0, 0, 1, 2, 'v', 0};
  ASSERT_EQ(batch.size(), sizeof head + 4 + sizeof tail);
  EXPECT_TRUE(std::equal(std::begin(head), std::end(head), batch.data()));
  EXPECT_TRUE(std::equal(std::begin(tail), std::end(tail), batch.data() + 21));
}

TEST(RecordBatch, RecordsComeBackWithEveryCodec) {
  for (Compression codec : kCodecs) {
    Buffer batch = three_records({.compression = codec,
                                  .base_offset = 100,
                                  .producer_id = 9,
                                  .producer_epoch = 0,
                                  .base_sequence = INT32_MAX - 1,
                                  .transactional = true});
    auto checked = validate_batch(batch, {.records = true});
    ASSERT_TRUE(checked.ok()) << checked.error().message();
    EXPECT_EQ(checked->max_timestamp, 1020);
    EXPECT_EQ(checked->offset_of_max_timestamp, 102);
    const RecordBatchView& view = checked->header;
    EXPECT_EQ(view.size_in_bytes(), batch.size());
    EXPECT_EQ(view.base_offset(), 100);
    EXPECT_EQ(view.last_offset(), 102);
    EXPECT_EQ(view.end_offset(), 103);
    EXPECT_EQ(view.last_sequence(), 0);  // wraps behind 2^31-1
    EXPECT_EQ(view.compression(), codec);
    EXPECT_TRUE(view.is_transactional());
    EXPECT_FALSE(view.is_control());

    auto it = RecordIterator::open(view);
    ASSERT_TRUE(it.ok());
    auto first = it->next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->offset, 100);
    EXPECT_EQ(first->timestamp, 1000);
    EXPECT_EQ(as_string(*first->key), "k0");
    auto second = it->next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->timestamp, 990);
    EXPECT_FALSE(second->key);
    auto headers = second->headers();
    ASSERT_EQ(headers.size(), 2u);
    EXPECT_EQ(headers[0].key, "trace");
    EXPECT_EQ(as_string(*headers[0].value), "abc");
    EXPECT_FALSE(headers[1].value);
    auto third = it->next();
    ASSERT_TRUE(third);
    EXPECT_FALSE(third->value);
    EXPECT_FALSE(it->next());
    EXPECT_TRUE(it->status().ok());
  }
}

TEST(RecordBatch, SettersLeaveAValidBatch) {
  Buffer batch = three_records();
  set_base_offset(batch.mutable_bytes(), 5000);
  set_leader_epoch(batch.mutable_bytes(), 12);
  ASSERT_TRUE(validate_batch(batch, {.records = true}).ok());
  set_log_append_time(batch.mutable_bytes(), 7777);
  auto checked = validate_batch(batch, {.records = true});
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->header.base_offset(), 5000);
  EXPECT_EQ(checked->header.leader_epoch(), 12);
  EXPECT_EQ(checked->header.timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(checked->max_timestamp, 7777);
  EXPECT_EQ(checked->offset_of_max_timestamp, 5002);
}

TEST(RecordBatch, AnyDamageIsFound) {
  for (Compression codec : kCodecs) {
    Buffer batch = three_records({.compression = codec});
    for (size_t i = 8; i < batch.size(); ++i) {
      if (i >= 12 && i < 16) continue;  // the leader epoch is the broker's
      Buffer damaged = Buffer::copy_of(batch.bytes());
      damaged.data()[i] ^= 0x10;
      EXPECT_FALSE(validate_batch(damaged).ok()) << i;
      (void)validate_batch(damaged, {.crc = false, .records = true});
    }
    for (size_t n = 0; n < batch.size(); ++n) {
      EXPECT_EQ(validate_batch(batch.bytes().first(n)).code(), ErrorCode::corrupt_message) << n;
    }
  }
}

TEST(RecordBatch, ProducedBatchWithAGapIsRefused) {
  RecordBatchBuilder b;
  b.append_at(0, 1, std::nullopt, as_bytes("a"));
  b.append_at(2, 1, std::nullopt, as_bytes("b"));
  Buffer batch = b.build();
  EXPECT_EQ(validate_batch(batch).code(), ErrorCode::invalid_record);
  EXPECT_TRUE(validate_batch(batch, {.consecutive_offsets = false, .records = true}).ok());
}

TEST(RecordBatch, CountThatTheRecordsDoNotHoldIsRefused) {
  Buffer batch = three_records();
  store_be<int32_t>(batch.data() + batch_layout::kRecordsCount, 4);
  store_be<int32_t>(batch.data() + batch_layout::kLastOffsetDelta, 3);
  EXPECT_EQ(validate_batch(batch, {.crc = false, .records = true}).code(), ErrorCode::invalid_record);
  store_be<int32_t>(batch.data() + batch_layout::kRecordsCount, 2);
  store_be<int32_t>(batch.data() + batch_layout::kLastOffsetDelta, 1);
  EXPECT_EQ(validate_batch(batch, {.crc = false, .records = true}).code(), ErrorCode::invalid_record);
}

TEST(RecordBatch, OldFormatAndUnknownCodecHaveTheirOwnErrors) {
  Buffer batch = three_records();
  batch.data()[batch_layout::kMagic] = 1;
  EXPECT_EQ(validate_batch(batch).code(), ErrorCode::unsupported_for_message_format);
  batch.data()[batch_layout::kMagic] = 2;
  batch.data()[batch_layout::kAttributes + 1] |= 5;
  EXPECT_EQ(validate_batch(batch, {.crc = false}).code(), ErrorCode::unsupported_compression_type);
}

TEST(RecordBatch, BombIsMessageTooLarge) {
  RecordBatchBuilder b({.compression = Compression::zstd});
  std::string zeros(1 << 20, '\0');
  b.append(1, std::nullopt, as_bytes(zeros));
  Buffer batch = b.build();
  EXPECT_EQ(validate_batch(batch, {.records = true, .decompressed_max = 1 << 16}).code(), ErrorCode::message_too_large);
}

TEST(RecordBatch, EmptyBatchStandsForItsOffsets) {
  RecordBatchBuilder b({.base_offset = 40});
  b.extend_to(44);
  Buffer batch = b.build();
  auto checked = validate_batch(batch, {.consecutive_offsets = false, .records = true});
  ASSERT_TRUE(checked.ok()) << checked.error().message();
  EXPECT_EQ(checked->header.end_offset(), 45);
}

TEST(RecordBatch, ControlRecordNamesItsType) {
  RecordBatchBuilder b({.transactional = true, .control = true});
  b.append_control(ControlType::commit, 5, as_bytes("x"));
  Buffer batch = b.build();
  auto view = RecordBatchView::parse(batch);
  ASSERT_TRUE(view.ok() && view->is_control());
  auto it = RecordIterator::open(*view);
  auto record = it->next();
  ASSERT_TRUE(record);
  EXPECT_EQ(*parse_control_key(*record), ControlType::commit);
}

TEST(BatchIterator, StopsBeforeAnIncompleteBatch) {
  Buffer a = three_records({.base_offset = 0});
  Buffer b = three_records({.base_offset = 3});
  std::string all(as_string(a.bytes()));
  all += as_string(b.bytes());
  BatchIterator whole(as_bytes(all));
  EXPECT_EQ(whole.next()->base_offset(), 0);
  EXPECT_EQ(whole.next()->base_offset(), 3);
  EXPECT_FALSE(whole.next());
  EXPECT_EQ(whole.leftover(), 0u);
  BatchIterator cut(as_bytes(all).first(all.size() - 1));
  EXPECT_TRUE(cut.next());
  EXPECT_FALSE(cut.next());
  EXPECT_TRUE(cut.status().ok());
  EXPECT_EQ(cut.leftover(), b.size() - 1);
}

TEST(BatchIterator, LengthThatCannotBeIsAnError) {
  Buffer a = three_records();
  for (int32_t length : {-1, 0, 48, INT32_MIN}) {
    store_be<int32_t>(a.data() + batch_layout::kBatchLength, length);
    BatchIterator it(a.bytes());
    EXPECT_FALSE(it.next());
    EXPECT_EQ(it.status().code(), ErrorCode::corrupt_message);
  }
}

}  // namespace
}  // namespace weir::wire
