#include "base/util/flatten.h"

#include <gtest/gtest.h>

#include "base/util/crc32c.h"
#include "base/util/uuid.h"

namespace weir {

TEST(Buffer, SliceKeepsTheBlockAlive) {
  Buffer s;
  {
    Buffer b = Buffer::copy_of(as_bytes("hello river"));
    s = b.slice(6);
    EXPECT_FALSE(s.unique());
  }
  EXPECT_TRUE(s.unique());
  EXPECT_EQ(as_string(s), "river");
  EXPECT_EQ(s.block_size(), 11u);
}

TEST(Buffer, AlignmentIsKept) {
  Buffer b = Buffer::allocate(5000, 4096);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(b.data()) % 4096, 0u);
}

TEST(Buffer, AChainInOnePiece) {
  EXPECT_TRUE(flatten({}).empty());
  Buffer one = Buffer::copy_of(as_bytes("one"));
  EXPECT_EQ(flatten({one}).data(), one.data()) << "nothing to copy";
  EXPECT_EQ(as_string(flatten({one, Buffer(), one.slice(1)})), "onene");
}

TEST(Crc32c, CheckValueOfTheStandard) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);  // RFC 3720 / CRC catalogue
  EXPECT_EQ(crc32c(as_bytes("6789"), crc32c(as_bytes("12345"))), 0xE3069283u);
}

TEST(Uuid, RoundTripsAsText) {
  Uuid u = Uuid::from_random(0xfefefefefefefefe, 42);
  EXPECT_EQ(u.to_string().size(), 22u);
  EXPECT_NE(u.to_string()[0], '-');
  auto back = Uuid::parse(u.to_string());
  ASSERT_TRUE(back.ok());
  EXPECT_EQ(*back, u);
  EXPECT_EQ(kMetadataTopicId.to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
  EXPECT_FALSE(Uuid::parse("too short").ok());
}

}  // namespace weir
