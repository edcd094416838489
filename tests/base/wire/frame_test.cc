#include "base/wire/frame.h"

#include <gtest/gtest.h>

#include "base/util/flatten.h"
#include "base/wire/messages/api_versions.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/metadata.h"
#include "base/wire/messages/produce.h"
#include "base/wire/records/metadata_record.h"

namespace weir::wire {
namespace {

TEST(Frame, RequestComesBackWithItsHeader) {
  MetadataRequest request;
  request.topics->push_back({.name = "t"});
  for (int16_t version = MetadataRequest::kMinVersion; version <= MetadataRequest::kMaxVersion; ++version) {
    Buffer frame = flatten(encode_request(request, version, 77, "me"));
    ASSERT_EQ(load_be<int32_t>(frame.data()), static_cast<int32_t>(frame.size() - 4));
    auto parsed = parse_request(frame.slice(4));
    ASSERT_TRUE(parsed.ok()) << parsed.error().message();
    EXPECT_EQ(parsed->header.api_key, 3);
    EXPECT_EQ(parsed->header.api_version, version);
    EXPECT_EQ(parsed->header.correlation_id, 77);
    EXPECT_EQ(parsed->header.client_id, "me");
    auto back = decode<MetadataRequest>(parsed->body, version);
    ASSERT_TRUE(back.ok()) << back.error().message();
    ASSERT_EQ(back->topics->size(), 1u);
    EXPECT_EQ(back->topics->at(0).name, "t");
  }
}

// KIP-511: a client of a newer version than ours must be able to read our answer.
TEST(Frame, ApiVersionsResponseHasTheOldHeaderInAllVersions) {
  ApiVersionsResponse response;
  response.api_keys.push_back({.api_key = 18, .min_version = 0, .max_version = 4});
  Buffer v3 = flatten(encode_response(response, 3, 5)).slice(4);
  const uint8_t expected[] = {0, 0, 0, 5, 0, 0, 2, 0, 18, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(std::equal(v3.bytes().begin(), v3.bytes().end(), std::begin(expected), std::end(expected)));
}

TEST(Frame, RecordsPassWithoutBeingCopied) {
  Buffer batch = Buffer::copy_of(as_bytes("pretend this is a record batch"));
  FetchResponse response;
  response.responses.push_back(
      {.topic = "t", .partitions = {{.records = BufferChain{batch}}, {.records = BufferChain{batch, batch}}}});
  BufferChain chain = encode_response(response, 12, 9);
  int shared = 0;
  for (const Buffer& b : chain) shared += b.data() == batch.data();
  EXPECT_EQ(shared, 3);

  Buffer frame = flatten(chain).slice(4);
  auto parsed = parse_response(frame, 1, 12);
  ASSERT_TRUE(parsed.ok());
  auto back = decode<FetchResponse>(parsed->body, 12);
  ASSERT_TRUE(back.ok()) << back.error().message();
  const Buffer& records = back->responses.at(0).partitions.at(1).records->at(0);
  EXPECT_EQ(records.size(), 2 * batch.size());
  EXPECT_TRUE(records.data() > frame.data() && records.data() < frame.data() + frame.size());
}

TEST(Frame, UnknownApiIsAnError) {
  const uint8_t bytes[] = {0, 99, 0, 0, 0, 0, 0, 1, 0xff, 0xff};
  auto parsed = parse_request(Buffer::copy_of(bytes));
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.code(), ErrorCode::unsupported_version);
}

TEST(MetadataRecord, ComesBackInItsFrame) {
  PartitionChangeRecord change;
  change.partition_id = 3;
  change.isr = std::vector<int32_t>{1, 2};
  change.leader = 2;
  Buffer value = encode_metadata_record(change);
  EXPECT_EQ(value.data()[0], 1);
  EXPECT_EQ(value.data()[1], 5);
  EXPECT_EQ(value.data()[2], 2);
  auto back = decode_metadata_record(value);
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_EQ(std::get<PartitionChangeRecord>(*back), change);
  EXPECT_EQ(metadata_record_name(*back), "PartitionChangeRecord");
}

TEST(Reader, ArrayLengthAboveTheBytesLeftIsTruncated) {
  const uint8_t bytes[] = {0x7f, 0xff, 0xff, 0xff, 0};
  auto r = decode<MetadataRequest>(Buffer::copy_of(bytes), 1);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.code(), ErrorCode::truncated);
}

}  // namespace
}  // namespace weir::wire
