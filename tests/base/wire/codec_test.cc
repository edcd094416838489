#include "base/wire/codec.h"

#include <gtest/gtest.h>

#include "base/wire/messages/api_versions.h"
#include "base/wire/messages/consumer_protocol_subscription.h"
#include "base/wire/messages/describe_topic_partitions.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/metadata.h"
#include "base/wire/messages/share_group_describe.h"

namespace weir::wire {
namespace {

template <size_t n>
Buffer bytes(const uint8_t (&b)[n]) {
  return Buffer::copy_of(b);
}

TEST(Varint, EdgesComeBack) {
  uint8_t b[kVarint64Max];
  for (int64_t v : {int64_t{0}, int64_t{-1}, int64_t{63}, int64_t{64}, int64_t{INT32_MIN}, INT64_MAX, INT64_MIN}) {
    size_t n = put_uvarint(b, zigzag64(v));
    EXPECT_EQ(n, uvarint_size(zigzag64(v)));
    uint64_t out = 0;
    ASSERT_EQ(get_uvarint<64>(b, b + n, out), n);
    EXPECT_EQ(unzigzag64(out), v);
    EXPECT_EQ(get_uvarint<64>(b, b + n - 1, out), 0u);
  }
}

TEST(Varint, MoreBitsThanTheTypeHasAreRefused) {
  const uint8_t five[] = {0xff, 0xff, 0xff, 0xff, 0x1f};
  uint64_t out = 0;
  EXPECT_EQ(get_uvarint<32>(five, five + 5, out), 0u);
  const uint8_t fits[] = {0xff, 0xff, 0xff, 0xff, 0x0f};
  EXPECT_EQ(get_uvarint<32>(fits, fits + 5, out), 5u);
  EXPECT_EQ(out, UINT32_MAX);
  const uint8_t endless[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};
  EXPECT_EQ(get_uvarint<64>(endless, endless + sizeof endless, out), 0u);
}

TEST(Reader, FirstErrorSticks) {
  const uint8_t b[] = {0, 1};
  Reader in{ConstBytes(b)};
  EXPECT_EQ(in.fixed<int32_t>(), 0);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.fixed<int8_t>(), 0);
  EXPECT_EQ(in.status().code(), ErrorCode::truncated);
}

TEST(Decode, NullWhereTheVersionHasNoneIsMalformed) {
  const uint8_t null_topics[] = {0xff, 0xff, 0xff, 0xff};
  EXPECT_EQ(decode<MetadataRequest>(bytes(null_topics), 0).code(), ErrorCode::malformed);
  auto all = decode<MetadataRequest>(bytes(null_topics), 1);
  ASSERT_TRUE(all.ok());
  EXPECT_FALSE(all->topics.has_value());
}

TEST(Decode, NegativeLengthIsMalformed) {
  const uint8_t b[] = {0xff, 0xff, 0xff, 0xfe};
  EXPECT_EQ(decode<MetadataRequest>(bytes(b), 1).code(), ErrorCode::malformed);
}

TEST(Decode, UnknownTagsAreSkipped) {
  // ClientSoftwareName "a", ClientSoftwareVersion "b", tags 5 (two bytes) and 9 (none).
  const uint8_t b[] = {2, 'a', 2, 'b', 2, 5, 2, 0xaa, 0xbb, 9, 0};
  auto r = decode<ApiVersionsRequest>(bytes(b), 3);
  ASSERT_TRUE(r.ok()) << r.error().message();
  EXPECT_EQ(r->client_software_version, "b");
}

TEST(Decode, TagThatGoesOnBehindTheEndIsTruncated) {
  const uint8_t b[] = {2, 'a', 2, 'b', 1, 5, 3, 0xaa};
  EXPECT_EQ(decode<ApiVersionsRequest>(bytes(b), 3).code(), ErrorCode::truncated);
}

TEST(Decode, ArraysMayNotCostMuchMoreThanTheirBytes) {
  // 8 MiB of empty compact strings: one byte each, 32 bytes as std::string.
  Buffer b = Buffer::allocate(8 << 20);
  std::memset(b.data(), 1, b.size());
  Writer head;
  head.uvarint((8 << 20) - 100);
  Buffer prefix = head.finish_flat();
  std::memcpy(b.data(), prefix.data(), prefix.size());
  EXPECT_FALSE(decode<ShareGroupDescribeRequest>(b, 1).ok());
}

TEST(Encode, DefaultsOfTaggedFieldsAreLeftOut) {
  FetchRequest request;
  size_t plain = encode_flat(request, 15).size();
  request.replica_state.replica_id = 3;
  EXPECT_EQ(encode_flat(request, 15).size(), plain + 2 + 13);
  request.cluster_id = "c";
  EXPECT_EQ(encode_flat(request, 15).size(), plain + 2 + 13 + 2 + 2);
}

TEST(Encode, NullThatAVersionDoesNotKnowIsEmpty) {
  MetadataRequest all;
  all.topics.reset();
  const uint8_t empty[] = {0, 0, 0, 0};
  EXPECT_EQ(as_string(encode_flat(all, 0)), as_string(ConstBytes(empty)));
}

TEST(Encode, NullableStructureHasItsMark) {
  DescribeTopicPartitionsRequest request;
  EXPECT_EQ(encode_flat(request, 0).bytes()[5], 0xff);
  request.cursor.emplace();
  EXPECT_EQ(encode_flat(request, 0).bytes()[5], 1);
}

TEST(Versioned, NewerSubscriptionsAreReadAsTheNewestKnown) {
  ConsumerProtocolSubscription s;
  s.topics = {"a", "b"};
  Buffer b = encode_versioned(s);
  store_be<int16_t>(b.data(), 9);
  auto back = decode_versioned<ConsumerProtocolSubscription>(b);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, s);
}

TEST(Text, NamesAndValues) {
  MetadataRequest request;
  request.topics->push_back({.name = "a\"b"});
  EXPECT_EQ(to_text(request, 4), "{\"Topics\":[{\"Name\":\"a\\\"b\"}],\"AllowAutoTopicCreation\":true}");
}

TEST(Writer, GrowsOverManyBlocksWithoutLosingBytes) {
  Writer out(16);
  std::string expected;
  for (int i = 0; i < 20000; ++i) {
    out.fixed<int32_t>(i);
    uint8_t b[4];
    store_be(b, i);
    expected.append(reinterpret_cast<char*>(b), 4);
  }
  EXPECT_EQ(out.size(), expected.size());
  Buffer all = out.finish_flat();
  EXPECT_EQ(as_string(all), expected);
  EXPECT_EQ(out.size(), 0u);
}

}  // namespace
}  // namespace weir::wire
