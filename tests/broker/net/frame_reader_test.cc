#include "broker/net/frame_reader.h"

#include <gtest/gtest.h>

#include "base/util/rng.h"

namespace weir::broker {
namespace {

std::string framed(std::string_view content) {
  std::string out(4, '\0');
  store_be<int32_t>(reinterpret_cast<uint8_t*>(out.data()), static_cast<int32_t>(content.size()));
  return out.append(content);
}

/// Feeds bytes in pieces of at most `piece`; the frames that came out.
Result<std::vector<std::string>> feed(FrameReader& reader, std::string_view bytes, size_t piece) {
  std::vector<std::string> out;
  while (!bytes.empty()) {
    Bytes space = reader.space();
    size_t n = std::min({space.size(), bytes.size(), piece});
    std::copy_n(bytes.begin(), n, space.begin());
    bytes.remove_prefix(n);
    reader.received(n);
    while (true) {
      TRY_ASSIGN(auto frame, reader.next());
      if (!frame) break;
      out.emplace_back(as_string(frame->bytes()));
    }
  }
  return out;
}

TEST(FrameReader, TheFramesAreTheSameHoweverTheBytesArrive) {
  SplitMix64 random(7);
  std::vector<std::string> contents;
  std::string stream;
  for (size_t size : {8, 8, 900, 9, 63, 64, 65, 5000, 8, 128, 127, 4096}) {
    std::string content;
    for (size_t i = 0; i < size; ++i) content += static_cast<char>(random.next());
    contents.push_back(content);
    stream += framed(content);
  }
  for (size_t piece : {1, 3, 4, 5, 64, 100, 1000, 1 << 20}) {
    FrameReader reader(
        {.chunk_bytes = 64, .direct_bytes_max = 700, .begin_bytes_max = piece % 2 == 0 ? 100 : SIZE_MAX});
    auto frames = feed(reader, stream, piece);
    ASSERT_TRUE(frames.ok()) << piece;
    EXPECT_EQ(*frames, contents) << piece;
    EXPECT_EQ(reader.unfinished_bytes(), 0u);
  }
}

TEST(FrameReader, LengthsOutOfBoundsAreNamed) {
  for (int32_t length : {-1, 0, 7, 1001, INT32_MAX, INT32_MIN}) {
    FrameReader reader({.chunk_bytes = 64, .frame_bytes_max = 1000});
    std::string bytes(4, '\0');
    store_be<int32_t>(reinterpret_cast<uint8_t*>(bytes.data()), length);
    auto frames = feed(reader, bytes, 2);
    ASSERT_EQ(frames.code(), ErrorCode::malformed) << length;
    EXPECT_EQ(frames.error().detail, std::to_string(length) + " bytes, allowed are 8 to 1000");
  }
}

TEST(FrameReader, ALongFrameTakesMemoryAsItComes) {
  FrameReader reader({.chunk_bytes = 16, .begin_bytes_max = 1000});
  const std::string content(100'000, 'x');
  const std::string stream = framed(content);
  ASSERT_TRUE(feed(reader, std::string_view(stream).substr(0, 504), 504)->empty());
  EXPECT_EQ(reader.space().size(), 500u);
  reader.received(0);
  ASSERT_TRUE(feed(reader, std::string_view(stream).substr(504, 1000), 100)->empty());
  EXPECT_EQ(reader.space().size(), 500u);
  reader.received(0);
  EXPECT_EQ(feed(reader, std::string_view(stream).substr(1504), 5000)->at(0), content);
}

TEST(FrameReader, CountsWhatIsUnfinishedAndBeginsAnew) {
  FrameReader reader({.chunk_bytes = 16});
  EXPECT_TRUE(feed(reader, framed(std::string(100, 'x')).substr(0, 54), 54)->empty());
  EXPECT_EQ(reader.unfinished_bytes(), 50u);
  Bytes under_way = reader.space();
  reader.reset();
  EXPECT_EQ(reader.unfinished_bytes(), 0u);
  std::fill(under_way.begin(), under_way.end(), 'y');  // a receive of the old stream that still ends
  EXPECT_EQ(feed(reader, framed("anew, all"), 5)->at(0), "anew, all");
}

}  // namespace
}  // namespace weir::broker
