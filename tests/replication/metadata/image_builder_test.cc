#include "replication/metadata/image_builder.h"

#include <gtest/gtest.h>

#include "replication/metadata/publisher.h"

namespace weir::replication {
namespace {

const Uuid kId = Uuid::from_random(1, 2);
const Uuid kOther = Uuid::from_random(3, 4);

wire::TopicRecord topic(const std::string& name, const Uuid& id) {
  wire::TopicRecord r;
  r.name = name;
  r.topic_id = id;
  return r;
}
wire::PartitionRecord partition(const Uuid& id, PartitionId p) {
  wire::PartitionRecord r;
  r.topic_id = id;
  r.partition_id = p;
  r.replicas = r.isr = {1, 2, 3};
  r.leader = 1;
  r.leader_epoch = r.partition_epoch = 0;
  return r;
}
wire::PartitionChangeRecord change(const Uuid& id, PartitionId p, BrokerId leader) {
  wire::PartitionChangeRecord r;
  r.topic_id = id;
  r.partition_id = p;
  r.leader = leader;
  return r;
}
wire::RegisterBrokerRecord broker(BrokerId id, BrokerEpoch epoch) {
  wire::RegisterBrokerRecord r;
  r.broker_id = id;
  r.broker_epoch = epoch;
  r.end_points.push_back({"PLAINTEXT", "host", 9092, 0});
  return r;
}
wire::ConfigRecord config(const std::string& name, const std::string& key, std::optional<std::string> value) {
  wire::ConfigRecord r;
  r.resource_type = 2;
  r.resource_name = name;
  r.name = key;
  r.value = value;
  return r;
}

}  // namespace

TEST(ImageBuilder, ALeaderChangeStartsALeaderEpochAndAnyChangeAPartitionEpoch) {
  ImageBuilder b("c");
  b.replay(topic("t", kId));
  b.replay(partition(kId, 0));
  b.replay(change(kId, 0, 2));
  wire::PartitionChangeRecord shrink;
  shrink.topic_id = kId;
  shrink.partition_id = 0;
  shrink.isr = {{2, 3}};
  b.replay(shrink);
  MetadataDelta delta;
  ImagePtr i = b.take(9, delta);
  const PartitionImage& p = *i->partition({"t", 0});
  EXPECT_EQ(p.leader, 2);
  EXPECT_EQ(p.leader_epoch, 1);
  EXPECT_EQ(p.partition_epoch, 2);
  EXPECT_EQ(p.isr, (std::vector<BrokerId>{2, 3}));
  EXPECT_EQ(delta.changed_topics, (std::vector<std::string>{"t"}));
}

TEST(ImageBuilder, OlderImagesStayAndUnchangedTopicsAreShared) {
  ImageBuilder b("c");
  b.replay(topic("a", kId));
  b.replay(partition(kId, 0));
  b.replay(topic("b", kOther));
  b.replay(partition(kOther, 0));
  MetadataDelta delta;
  ImagePtr before = b.take(4, delta);
  b.replay(change(kId, 0, 3));
  ImagePtr after = b.take(5, delta);
  EXPECT_EQ(before->partition({"a", 0})->leader, 1);
  EXPECT_EQ(after->partition({"a", 0})->leader, 3);
  EXPECT_EQ(before->topic("b"), after->topic("b"));
  EXPECT_EQ(after->topic("a"), after->topic(kId));
  EXPECT_EQ(delta.changed_topics, (std::vector<std::string>{"a"}));
}

TEST(ImageBuilder, ADeletedTopicTakesItsConfigsAndANewOneOfItsNameHasAnotherId) {
  ImageBuilder b("c");
  b.replay(topic("t", kId));
  b.replay(partition(kId, 0));
  b.replay(config("t", "retention.ms", "5"));
  MetadataDelta delta;
  b.take(3, delta);
  wire::RemoveTopicRecord gone;
  gone.topic_id = kId;
  b.replay(gone);
  b.replay(topic("t", kOther));
  b.replay(change(kId, 0, 2));  // of the old one: nothing
  ImagePtr i = b.take(6, delta);
  EXPECT_EQ(i->topic("t")->id, kOther);
  EXPECT_TRUE(i->topic("t")->partitions.empty());
  EXPECT_TRUE(i->config(ConfigType::topic, "t").empty());
  ASSERT_EQ(delta.deleted_topics.size(), 1u);
  EXPECT_EQ(delta.deleted_topics[0], (std::pair<std::string, Uuid>{"t", kId}));
  EXPECT_EQ(delta.changed_topics, (std::vector<std::string>{"t"}));
}

TEST(ImageBuilder, ChangesOfAnOlderRegistrationAreIgnored) {
  ImageBuilder b("c");
  b.replay(broker(1, 10));
  b.replay(broker(1, 20));
  wire::BrokerRegistrationChangeRecord r;
  r.broker_id = 1;
  r.broker_epoch = 10;
  r.fenced = -1;
  b.replay(r);
  EXPECT_FALSE(b.state().alive(1));
  r.broker_epoch = 20;
  b.replay(r);
  EXPECT_TRUE(b.state().alive(1));
}

TEST(Publisher, ALateListenerHearsOfEverything) {
  struct Ear : MetadataListener {
    int calls = 0;
    MetadataDelta last;
    void on_metadata(const ImagePtr&, const MetadataDelta& d) override { calls++, last = d; }
  } early, late;
  Publisher p("c");
  p.add_listener(early);
  p.publish(0);
  EXPECT_EQ(early.calls, 0);
  p.replay({topic("t", kId), partition(kId, 0), broker(1, 2)});
  p.publish(3);
  p.publish(3);
  EXPECT_EQ(early.calls, 1);
  p.add_listener(late);
  EXPECT_EQ(late.calls, 1);
  EXPECT_EQ(late.last.changed_topics, (std::vector<std::string>{"t"}));
  EXPECT_EQ(late.last.changed_brokers, (std::vector<BrokerId>{1}));
}

}  // namespace weir::replication
