#include "base/wire/compress.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <string>

namespace weir::wire {
namespace {

constexpr Compression kCodecs[] = {Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd};

std::string sample(size_t size) {
  std::string s;
  uint32_t x = 12345;
  while (s.size() < size) {
    x = x * 1664525 + 1013904223;
    s += "request " + std::to_string(x >> 20) + " took a while; ";
  }
  s.resize(size);
  return s;
}

TEST(Compress, EveryCodecGivesBackWhatItTook) {
  for (Compression codec : kCodecs) {
    for (size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{32768}, size_t{32769}, size_t{1000000}}) {
      std::string text = sample(size);
      auto packed = compress(codec, as_bytes(text));
      ASSERT_TRUE(packed.ok());
      auto back = decompress(codec, *packed, size);
      ASSERT_TRUE(back.ok()) << compression_name(codec) << " " << size << " " << back.error().message();
      EXPECT_EQ(as_string(back->bytes()), text);
    }
  }
}

TEST(Compress, OutputAboveTheLimitIsRefused) {
  std::string zeros(4 << 20, '\0');
  for (Compression codec : kCodecs) {
    auto packed = compress(codec, as_bytes(zeros));
    ASSERT_TRUE(packed.ok());
    for (size_t limit : {size_t{1}, size_t{1000}, zeros.size() - 1}) {
      auto r = decompress(codec, *packed, limit);
      ASSERT_FALSE(r.ok()) << compression_name(codec) << " " << limit;
      EXPECT_EQ(r.code(), ErrorCode::limit_reached) << compression_name(codec) << " " << limit;
    }
    EXPECT_TRUE(decompress(codec, *packed, zeros.size()).ok()) << compression_name(codec);
  }
}

TEST(Compress, CutAtEveryByteIsAnErrorOrLess) {
  std::string text = sample(3000);
  for (Compression codec : kCodecs) {
    auto packed = compress(codec, as_bytes(text));
    for (size_t n = 0; n < packed->size(); ++n) {
      auto r = decompress(codec, packed->bytes().first(n), 1 << 20);
      EXPECT_TRUE(!r.ok() || r->size() < text.size()) << compression_name(codec) << " " << n;
    }
  }
}

TEST(Compress, DamagedBytesDoNotCrash) {
  std::string text = sample(3000);
  for (Compression codec : kCodecs) {
    auto packed = compress(codec, as_bytes(text));
    for (size_t i = 0; i < packed->size(); ++i) {
      Buffer damaged = Buffer::copy_of(packed->bytes());
      damaged.data()[i] ^= 0x55;
      (void)decompress(codec, damaged, 1 << 20);
    }
  }
}

TEST(Compress, RawSnappyIsTaken) {
  std::string text = sample(5000);
  std::string raw;
  snappy::Compress(text.data(), text.size(), &raw);
  auto back = decompress(Compression::snappy, as_bytes(raw), 1 << 20);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(as_string(back->bytes()), text);
}

TEST(Compress, SnappyLengthThatCannotBeIsNotAllocated) {
  const uint8_t bytes[] = {0xff, 0xff, 0xff, 0x7f, 0};
  auto r = decompress(Compression::snappy, bytes, 1u << 30);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.code(), ErrorCode::malformed);
}

TEST(Compress, SeveralGzipMembersAreOne) {
  auto a = compress(Compression::gzip, as_bytes("one "));
  auto b = compress(Compression::gzip, as_bytes("two"));
  std::string both(as_string(a->bytes()));
  both += as_string(b->bytes());
  auto back = decompress(Compression::gzip, as_bytes(both), 100);
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(as_string(back->bytes()), "one two");
}

TEST(Compress, NamesComeBack) {
  for (Compression codec : kCodecs) EXPECT_EQ(*parse_compression(compression_name(codec)), codec);
  EXPECT_FALSE(parse_compression("brotli").ok());
}

}  // namespace
}  // namespace weir::wire
