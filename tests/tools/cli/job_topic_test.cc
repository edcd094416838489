#include "tools/cli/job_topic.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(JobDefinition, ComesBackAsItWas) {
  JobDefinition job{"id", "a \"name\"", "SELECT 'ö'\n", "paused", 12};
  auto back = JobDefinition::parse(job.to_json());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, job.id);
  EXPECT_EQ(back->name, job.name);
  EXPECT_EQ(back->sql, job.sql);
  EXPECT_EQ(back->state, "paused");
  EXPECT_EQ(back->created_ms, 12);
}

TEST(JobDefinition, OtherRecordsAreNone) {
  for (const char* bad : {"", "x", "[]", "{}", "{\"id\":\"a\"}", "{\"id\":1,\"name\":2}"})
    EXPECT_FALSE(JobDefinition::parse(bad)) << bad;
}

TEST(JobStatus, ReadsNumbersNullsAndLists) {
  auto s = JobStatus::parse(
      R"({"name":"j","id":"i","state":"running","error":null,"node":2,"rows_in":10,"late":null,"watermark_ms":1.5e3,
    "inputs":[{"topic":"t","partition":1,"position":7,"lag":3,"watermark_ms":null},{"topic":"t","partition":2,"lag":4},7],
    "outputs":[{"topic":"o","rows":5,"acknowledged":4}]})");
  ASSERT_TRUE(s);
  EXPECT_EQ(s->state, "running");
  EXPECT_EQ(s->error, "");
  EXPECT_EQ(s->node, 2);
  EXPECT_EQ(s->rows_in, 10);
  EXPECT_EQ(s->late, std::nullopt);
  EXPECT_EQ(s->watermark_ms, 1500);
  ASSERT_EQ(s->inputs.size(), 2u);
  EXPECT_EQ(s->inputs[0].partition, 1);
  EXPECT_EQ(s->inputs[0].watermark_ms, std::nullopt);
  EXPECT_EQ(s->lag(), 7);
  ASSERT_EQ(s->outputs.size(), 1u);
  EXPECT_EQ(s->outputs[0].acknowledged, 4);
}

TEST(JobStatus, WithoutIdOrStateIsNone) {
  EXPECT_FALSE(JobStatus::parse(R"({"id":"i"})"));
  EXPECT_FALSE(JobStatus::parse(R"({"state":"running"})"));
  EXPECT_FALSE(JobStatus::parse("{"));
}

}  // namespace
}  // namespace weir::cli
