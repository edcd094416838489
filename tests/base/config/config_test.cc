#include "base/config/config.h"

#include <gtest/gtest.h>

namespace weir::config {

TEST(Properties, JavaRules) {
  auto v = parse_properties("# comment\n! too\na=1\n b : two words \nc three\nd=x\\\n   y\ne\\=f=g\n\na=2\n");
  ASSERT_TRUE(v.ok());
  EXPECT_EQ((*v)["a"], "2");
  EXPECT_EQ((*v)["b"], "two words");
  EXPECT_EQ((*v)["c"], "three");
  EXPECT_EQ((*v)["d"], "xy");
  EXPECT_EQ((*v)["e=f"], "g");
}

TEST(BrokerConfig, DefaultsAndTypes) {
  std::vector<std::string> warnings;
  auto c = make_broker_config(
      {{"node.id", "3"}, {"log.dirs", " /a "}, {"num.io.threads", "8"}, {"background.threads", "2"}}, warnings);
  ASSERT_TRUE(c.ok());
  EXPECT_EQ(c->node_id, 3);
  EXPECT_EQ(c->log_dirs, (std::vector<std::string>{"/a"}));
  EXPECT_TRUE(c->auto_create_topics_enable);
  ASSERT_EQ(warnings.size(), 1u) << "one line for all";
  EXPECT_NE(warnings[0].find("background.threads, num.io.threads"), std::string::npos);
}

TEST(TopicConfig, AMisspeltKeyNamesTheNearestOfTopics) {
  EXPECT_EQ(nearest_topic_key("retention.mss"), "retention.ms");
  EXPECT_EQ(nearest_topic_key("log.retention.hours"), std::nullopt) << "a key of brokers";
}

TEST(BrokerConfig, MisspeltKeyNamesTheNearest) {
  std::vector<std::string> warnings;
  auto c = make_broker_config({{"log.retention.hour", "1"}}, warnings);
  ASSERT_FALSE(c.ok());
  EXPECT_NE(c.error().message().find("did you mean log.retention.hours?"), std::string::npos) << c.error().message();
  auto d = make_broker_config({{"num.partitions", "zero"}}, warnings);
  ASSERT_FALSE(d.ok());
  EXPECT_NE(d.error().message().find("num.partitions"), std::string::npos);
  EXPECT_FALSE(make_broker_config({{"num.partitions", "0"}}, warnings).ok());
  // The journal begins with 8 MiB.
  EXPECT_FALSE(make_broker_config({{"weir.journal.bytes", "4194304"}}, warnings).ok());
}

TEST(BrokerConfig, ASecondLogDirectoryIsNotDroppedSilently) {
  std::vector<std::string> warnings;
  auto c = make_broker_config({{"log.dirs", "/a,/b"}}, warnings);
  ASSERT_FALSE(c.ok());
  EXPECT_NE(c.error().message().find("log.dirs"), std::string::npos) << c.error().message();
}

TEST(BrokerConfig, PromisesOfProtectionAreRefused) {
  std::vector<std::string> warnings;
  auto a = make_broker_config({{"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"}},
                              warnings);
  ASSERT_FALSE(a.ok());
  EXPECT_EQ(a.code(), ErrorCode::invalid_config);
  EXPECT_NE(a.error().message().find("authorizer.class.name"), std::string::npos) << a.error().message();
  EXPECT_TRUE(make_broker_config({{"authorizer.class.name", ""}}, warnings).ok());
  EXPECT_FALSE(make_broker_config({{"security.inter.broker.protocol", "SASL_SSL"}}, warnings).ok());
  EXPECT_TRUE(make_broker_config({{"security.inter.broker.protocol", "PLAINTEXT"}}, warnings).ok());
}

TEST(BrokerConfig, WhatIsNotThereYetIsRefusedAndNotIgnored) {
  for (const KeyInfo* key : {find_broker_key("compression.type"), find_topic_key("compression.type")}) {
    EXPECT_TRUE(validate(*key, "producer").ok());
    Status s = validate(*key, "zstd");
    ASSERT_FALSE(s.ok());
    EXPECT_EQ(s.code(), ErrorCode::invalid_config);
    EXPECT_NE(s.error().message().find("does not compress"), std::string::npos) << s.error().message();
  }
  // Read from the file at the start only.
  for (const char* name : {"max.connections", "producer.id.expiration.ms"})
    EXPECT_EQ(find_broker_key(name)->mode, UpdateMode::read_only) << name;
}

TEST(BrokerConfig, ASecretIsMarked) {
  std::vector<std::string> warnings;
  auto c = make_broker_config({{"weir.http.token", "s3cret"}, {"weir.http.allowed.hosts", "weir.example.org, proxy"}},
                              warnings);
  ASSERT_TRUE(c.ok()) << c.error().message();
  EXPECT_EQ(c->weir_http_token, "s3cret");
  EXPECT_EQ(c->weir_http_allowed_hosts, (std::vector<std::string>{"weir.example.org", "proxy"}));
  EXPECT_TRUE(find_broker_key("weir.http.token")->is_secret());
  EXPECT_TRUE(make_broker_config({{"weir.http.token", ""}}, warnings).ok());
}

TEST(TopicConfig, LayersFromMostSpecific) {
  Values file{{"log.retention.hours", "1"}, {"message.max.bytes", "1000"}};
  Values dynamic_default{{"message.max.bytes", "2000"}};
  Values topic{{"max.message.bytes", "3000"}};
  Layers layers{nullptr, nullptr, nullptr, &file};
  EXPECT_EQ(make_topic_config(layers).retention_ms, 3'600'000);
  EXPECT_EQ(make_topic_config(layers).max_message_bytes, 1000);
  layers.dynamic_default = &dynamic_default;
  EXPECT_EQ(make_topic_config(layers).max_message_bytes, 2000);
  layers.topic = &topic;
  EXPECT_EQ(make_topic_config(layers).max_message_bytes, 3000);
  auto synonyms = synonyms_of_topic_key(*find_topic_key("max.message.bytes"), layers);
  ASSERT_EQ(synonyms.size(), 4u);
  EXPECT_EQ(synonyms[0].source, Source::topic);
  EXPECT_EQ(synonyms[3].value, "1048588");
}

TEST(Keys, DefaultsPassTheirOwnChecks) {
  for (auto keys : {broker_keys(), topic_keys()}) {
    for (const KeyInfo& key : keys) {
      bool unset = key.default_text[0] == '\0';
      EXPECT_TRUE(unset || validate(key, key.default_text).ok()) << key.name;
      if (key.synonym[0]) {
        EXPECT_NE(find_broker_key(key.synonym), nullptr) << key.name;
      }
    }
  }
}

}  // namespace weir::config
