#include "replication/decider/decider_runtime.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::replication {
namespace {

struct Sum {
  int value = 0;
  void replay(const int& r) { value += r; }
};
struct FakeLog : DeciderLog<int> {
  Offset end = 10;
  ErrorCode refuse = ErrorCode::none;
  Result<Offset> append(const std::vector<int>& records) override {
    if (refuse != ErrorCode::none) return refuse;
    return end += static_cast<Offset>(records.size());
  }
};
struct Fixture : ::testing::Test {
  Sum state;
  FakeLog log;
  DeciderRuntime<Sum, int> runtime{state, log};
  std::string heard;
  void add(int n) {
    runtime.run<int>(
        [n](const Sum& s) {
          return Result<Decision<int, int>>(Decision<int, int>{{n}, s.value + n});
        },
        [this](Result<int> r) { note(r); });
  }
  void read() {
    runtime.run<int>(
        [](const Sum& s) {
          return Result<Decision<int, int>>(Decision<int, int>{{}, s.value});
        },
        [this](Result<int> r) { note(r); });
  }
  void note(const Result<int>& r) { heard += r ? std::to_string(*r) + " " : std::string(error_name(r.code())) + " "; }
};
using DeciderRuntimeTest = Fixture;

}  // namespace

TEST_F(DeciderRuntimeTest, AnswersLeaveAtTheCommitInOrder) {
  add(1);
  add(2);
  EXPECT_EQ(state.value, 3);  // the second decision saw the first
  EXPECT_EQ(heard, "");
  runtime.committed(11);
  EXPECT_EQ(heard, "1 ");
  runtime.committed(12);
  EXPECT_EQ(heard, "1 3 ");
}

TEST_F(DeciderRuntimeTest, AReadWaitsForWhatItSaw) {
  read();
  EXPECT_EQ(heard, "0 ");
  add(5);
  read();
  EXPECT_EQ(heard, "0 ");
  runtime.committed(11);
  EXPECT_EQ(heard, "0 5 5 ");
}

TEST_F(DeciderRuntimeTest, ARefusedAppendChangesNothing) {
  log.refuse = ErrorCode::message_too_large;
  add(1);
  EXPECT_EQ(heard, "message_too_large ");
  EXPECT_EQ(state.value, 0);
}

TEST_F(DeciderRuntimeTest, LossOfTheLogAnswersAllThatWaitsAndAllThatComes) {
  add(1);
  read();
  runtime.fail(ErrorCode::not_controller);
  add(2);
  EXPECT_EQ(heard, "not_controller not_controller not_controller ");
  EXPECT_EQ(state.value, 1);
}

}  // namespace weir::replication
