#include "web/json_writer.h"

#include <gtest/gtest.h>

#include <cmath>

namespace weir::web {
namespace {

TEST(JsonWriter, NestsAndSeparates) {
  JsonWriter w;
  w.begin_object().field("a", 1).key("b").begin_array().value(true).null().begin_object().end_object().end_array();
  w.field("c", std::optional<double>()).field("d", std::vector<int32_t>{1, 2}).end_object();
  EXPECT_EQ(w.text(), R"({"a":1,"b":[true,null,{}],"c":null,"d":[1,2]})");
}

TEST(JsonWriter, EscapesControlAndReplacesBadUtf8) {
  JsonWriter w;
  w.value(std::string_view("q\"\\\n\x01 \xE4\xB8\xAD \xFF \xC0\xAF \xED\xA0\x80 \xF0\x9F\x98\x80 \xE4\xB8"));
  EXPECT_EQ(w.text(),
            "\"q\\\"\\\\\\n\\u0001 \xE4\xB8\xAD \xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD "
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD \xF0\x9F\x98\x80 "
            "\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(JsonWriter, NumbersAreShortAndNeverNaN) {
  JsonWriter w;
  w.begin_array().value(0.1).value(std::nan("")).value(INFINITY).value(INT64_MIN).value(1e21).end_array();
  EXPECT_EQ(w.text(), "[0.1,null,null,-9223372036854775808,1e+21]");
}

}  // namespace
}  // namespace weir::web
