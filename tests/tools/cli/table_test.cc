#include "tools/cli/table.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(Table, AlignsByCharactersAndLeavesNoSpacesBehind) {
  Table t({"NAME", ">N", "X"});
  t.add({"a", "10", "q"});
  t.add({"größer", "7", ""});
  EXPECT_EQ(t.text(),
            "NAME     N  X\n"
            "a       10  q\n"
            "größer   7\n");
}

}  // namespace
}  // namespace weir::cli
