#include "base/util/json_text.h"

#include <gtest/gtest.h>

namespace weir {

TEST(JsonText, IsValidJsonWhateverGoesIn) {
  EXPECT_EQ(json_text(""), "\"\"");
  EXPECT_EQ(json_text("C:\\\"x\"\n\t"), R"("C:\\\"x\"\n\u0009")");
  EXPECT_EQ(json_text("\xFF\xC3\xA9"), "\"\xEF\xBF\xBD\xC3\xA9\"");
}

}  // namespace weir
