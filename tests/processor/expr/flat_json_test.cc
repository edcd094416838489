#include "processor/expr/flat_json.h"

#include <gtest/gtest.h>

namespace weir::processor {
namespace {

TEST(FlatJson, GivesTheFieldsInOrder) {
  auto r = parse_flat_json(R"({"service":"a\"b","n":-3,"avg":2.5,"ok":true,"none":null,"deep":{"x":1}})");
  ASSERT_TRUE(r.ok());
  ASSERT_EQ(r->size(), 6u);
  EXPECT_EQ((*r)[0].name, "service");
  EXPECT_EQ((*r)[0].text, "a\"b");
  EXPECT_EQ((*r)[0].kind, JsonField::Kind::string);
  EXPECT_EQ((*r)[1].text, "-3");
  EXPECT_EQ((*r)[2].text, "2.5");
  EXPECT_EQ((*r)[2].kind, JsonField::Kind::number);
  EXPECT_EQ((*r)[3].text, "true");
  EXPECT_EQ((*r)[4].kind, JsonField::Kind::null);
  EXPECT_EQ((*r)[5].kind, JsonField::Kind::nested);
}

TEST(FlatJson, RefusesWhatIsNoObject) {
  EXPECT_EQ(parse_flat_json("[1]").code(), ErrorCode::malformed);
  EXPECT_EQ(parse_flat_json("{").code(), ErrorCode::malformed);
}

}  // namespace
}  // namespace weir::processor
