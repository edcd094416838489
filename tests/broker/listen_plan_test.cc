#include "broker/listen_plan.h"

#include <gtest/gtest.h>

namespace weir::broker {
namespace {

Result<ListenPlan> plan(config::Values values) {
  std::vector<std::string> warnings;
  auto config = config::make_broker_config(values, warnings);
  if (!config) return config.error();
  return plan_listeners(*config);
}

std::string refusal(config::Values values) {
  auto p = plan(std::move(values));
  if (p) return "accepted";
  EXPECT_EQ(p.code(), ErrorCode::invalid_config);
  return p.error().detail;
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST(ListenPlan, ControllersComeLast) {
  auto p = plan({{"listeners", "CONTROLLER://:9093,PLAINTEXT://:9092"}, {"controller.listener.names", "CONTROLLER"}});
  ASSERT_TRUE(p.ok()) << p.error().message();
  ASSERT_EQ(p->open.size(), 2u);
  EXPECT_EQ(p->open[0].name, "PLAINTEXT");
  EXPECT_TRUE(p->is_controller(p->open[1].name));
}

TEST(ListenPlan, ControllersAreApartWhenTheyMeetOnAPortOfTheirOwn) {
  auto two = plan({{"listeners", "CONTROLLER://:9093,PLAINTEXT://:9092"}, {"controller.listener.names", "CONTROLLER"}});
  auto one = plan({{"listeners", "PLAINTEXT://:9092"}, {"controller.listener.names", "CONTROLLER"}});
  ASSERT_TRUE(two.ok() && one.ok());
  auto voter = [](uint16_t port) {
    return std::vector<replication::Voter>{{.id = 1, .endpoint = {"a", port}}, {.id = 2, .endpoint = {"b", 9092}}};
  };
  EXPECT_TRUE(two->controllers_apart(voter(9093), 1));
  EXPECT_TRUE(two->controllers_apart(voter(19093), 1));  // mapped by a router
  EXPECT_TRUE(two->controllers_apart({}, 1));            // alone
  EXPECT_FALSE(two->controllers_apart(voter(9092), 1)) << "its peers come to the client listener";
  EXPECT_FALSE(one->controllers_apart(voter(9092), 1));
  EXPECT_FALSE(one->controllers_apart(voter(9093), 1)) << "there is no other listener";
}

TEST(ListenPlan, EveryNameHasToBePlaintext) {
  for (const char* protocol : {"SSL", "SASL_PLAINTEXT", "SASL_SSL"}) {
    std::string why = refusal({{"listeners", std::string("PLAINTEXT://:9092,") + protocol + "://:9094"}});
    EXPECT_TRUE(has(why, "listeners: the listener")) << why;
    EXPECT_TRUE(has(why, protocol)) << why;
    EXPECT_TRUE(has(why, "not supported yet")) << why;
  }
  const config::Values mapped{
      {"listeners", "INTERNAL://:9092,EXTERNAL://:9094"},
      {"listener.security.protocol.map", "internal:plaintext,EXTERNAL:SASL_SSL,CONTROLLER:PLAINTEXT"}};
  EXPECT_TRUE(has(refusal(mapped), "EXTERNAL uses SASL_SSL"));
  config::Values plain = mapped;
  plain["listener.security.protocol.map"] = "INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT";
  EXPECT_EQ(refusal(plain), "accepted");
  plain["inter.broker.listener.name"] = "OTHER";
  EXPECT_TRUE(has(refusal(plain), "inter.broker.listener.name"));
}

TEST(ListenPlan, NamesAreInTheMap) {
  EXPECT_TRUE(
      has(refusal({{"listeners", "EXTERNAL://:9092"}}), "add EXTERNAL:PLAINTEXT to listener.security.protocol.map"));
  // Kafka: the controller's listener needs no row while the map is not set, and does when it is.
  config::Values controller{{"listeners", "PLAINTEXT://:9092,QUORUM://:9093"}, {"controller.listener.names", "QUORUM"}};
  EXPECT_EQ(refusal(controller), "accepted");
  controller["listener.security.protocol.map"] = "PLAINTEXT:PLAINTEXT";
  EXPECT_TRUE(has(refusal(controller), "QUORUM"));
}

TEST(ListenPlan, MalformedMaps) {
  for (const char* map : {"PLAINTEXT", "PLAINTEXT:TLS", ":PLAINTEXT", "A:PLAINTEXT,a:PLAINTEXT"}) {
    EXPECT_TRUE(has(refusal({{"listeners", "PLAINTEXT://:9092"}, {"listener.security.protocol.map", map}}),
                    "listener.security.protocol.map"))
        << map;
  }
}

TEST(ListenPlan, HostsThatNobodyConfiguredAreMarkedOneByOne) {
  auto p = plan({{"listeners", "PLAINTEXT://:9092,EXTERNAL://0.0.0.0:9094,LOCAL://127.0.0.1:9095"},
                 {"advertised.listeners", "EXTERNAL://broker1.example.org:443"},
                 {"listener.security.protocol.map",
                  "PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT,LOCAL:PLAINTEXT,CONTROLLER:PLAINTEXT"}});
  ASSERT_TRUE(p.ok()) << p.error().message();
  auto told = [&](int i) { return advertise(*p, p->open[static_cast<size_t>(i)], 7000, "node1"); };
  EXPECT_EQ(told(0).endpoint.to_string(), "node1:7000");
  EXPECT_TRUE(told(0).host_unknown);
  EXPECT_EQ(told(1).endpoint.to_string(), "broker1.example.org:443");
  EXPECT_FALSE(told(1).host_unknown) << "what is said of one listener is not lost because another says nothing";
  EXPECT_EQ(told(2).endpoint.to_string(), "127.0.0.1:7000");
  EXPECT_FALSE(told(2).host_unknown);
}

TEST(ListenPlan, TheStandInIsReachableFromOtherMachines) {
  auto voter = [](BrokerId id, const char* host) { return replication::Voter{id, {}, {host, 9093}}; };
  auto name = [] { return std::string("machine"); };
  EXPECT_EQ(host_for_others({}, 1, name), "127.0.0.1") << "alone";
  EXPECT_EQ(host_for_others({voter(1, "localhost"), voter(2, "127.0.0.1")}, 3, name), "127.0.0.1");
  EXPECT_EQ(host_for_others({voter(1, "10.0.0.1"), voter(2, "10.0.0.2")}, 2, name), "10.0.0.2");
  EXPECT_EQ(host_for_others({voter(1, "10.0.0.1")}, 4, name), "machine") << "a broker that is no voter";
  EXPECT_EQ(host_for_others({voter(1, "10.0.0.1")}, 4, nullptr), "127.0.0.1");
}

}  // namespace
}  // namespace weir::broker
