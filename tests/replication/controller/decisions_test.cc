#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "replication/controller/brokers.h"
#include "replication/controller/elections.h"
#include "replication/controller/isr_changes.h"
#include "replication/controller/partition_change.h"
#include "replication/controller/topic_configs.h"
#include "replication/controller/topics.h"

namespace weir::replication {
namespace {

int16_t number(ErrorCode c) { return static_cast<int16_t>(c); }

/// A controller's state; what is decided is replayed at once.
struct World {
  ImageBuilder builder{"c"};
  ControllerOptions options;
  SplitMix64 random{1};
  Offset end = 100;
  BrokerSessions sessions{std::chrono::seconds(2)};
  std::set<BrokerId> aside;
  LastChoice last_choice;
  MonoTime now{1};

  explicit World(int brokers = 3) {
    for (int i = 1; i <= brokers; i++) {
      enlist(i);
      beat(i);
    }
  }
  ControllerContext context() { return {builder.state(), options, random, end, last_choice}; }
  template <class D>
  auto did(D d) {
    EXPECT_TRUE(d.ok());
    for (auto& r : d->records) builder.replay(r), end++;
    return d->response;
  }
  wire::BrokerRegistrationResponse enlist(BrokerId id, uint64_t incarnation = 1, bool session_alive = false,
                                          uint64_t directory = 1) {
    wire::BrokerRegistrationRequest r;
    r.broker_id = id;
    r.cluster_id = "c";
    r.incarnation_id = Uuid::from_random(static_cast<uint64_t>(id), incarnation);
    r.listeners.push_back({"PLAINTEXT", "h" + std::to_string(incarnation), static_cast<uint16_t>(9092 + id), 0});
    r.log_dirs = {Uuid::from_random(static_cast<uint64_t>(id), 100 + directory)};
    auto a = did(decide(context(), r, session_alive));
    sessions.registered(id, now);
    return a;
  }
  wire::BrokerHeartbeatResponse beat(BrokerId id, bool leave = false, Offset seen = 1'000'000) {
    wire::BrokerHeartbeatRequest r;
    r.broker_id = id;
    r.broker_epoch = builder.state().broker(id)->epoch;
    r.current_metadata_offset = seen;
    r.want_shut_down = leave;
    sessions.contact(id, seen, now);
    return did(decide(context(), r, sessions));
  }
  void fence(BrokerId id) {
    for (auto& r : fence_broker(context(), id)) builder.replay(r), end++;
  }
  wire::CreateTopicsResponse::CreatableTopicResult create(const std::string& name, int32_t partitions, int16_t factor,
                                                          std::vector<std::vector<BrokerId>> assignments = {}) {
    wire::CreateTopicsRequest r;
    wire::CreateTopicsRequest::CreatableTopic t;
    t.name = name;
    t.num_partitions = partitions;
    t.replication_factor = factor;
    for (size_t i = 0; i < assignments.size(); i++) t.assignments.push_back({static_cast<int32_t>(i), assignments[i]});
    r.topics.push_back(t);
    return did(decide(context(), r)).topics[0];
  }
  const PartitionImage& p(const std::string& topic, PartitionId i = 0) {
    return *builder.state().partition({topic, i});
  }
  int16_t alter_isr(BrokerId from, const std::string& topic, std::vector<BrokerId> isr, LeaderEpoch leader_epoch,
                    PartitionEpoch epoch, int16_t version = 3, BrokerEpoch member_epoch = -1) {
    wire::AlterPartitionRequest r;
    r.broker_id = from;
    r.broker_epoch = builder.state().broker(from)->epoch;
    wire::AlterPartitionRequest::PartitionData d;
    d.leader_epoch = leader_epoch;
    d.partition_epoch = epoch;
    for (BrokerId b : isr) d.new_isr_with_epochs.push_back({b, member_epoch});
    d.new_isr = isr;
    r.topics.push_back({builder.state().topic(topic)->id, {d}});
    auto a = did(decide(context(), r, version, aside));
    return a.error_code ? a.error_code : a.topics[0].partitions[0].error_code;
  }
};

using Ids = std::vector<BrokerId>;

}  // namespace

TEST(Topics, DefaultsAndRealFiguresInTheAnswer) {
  World w;
  w.options.num_partitions = 4;
  w.options.default_replication_factor = 3;
  auto a = w.create("t", -1, -1);
  EXPECT_EQ(a.error_code, 0);
  EXPECT_EQ(a.num_partitions, 4);
  EXPECT_EQ(a.replication_factor, 3);
  EXPECT_FALSE(a.topic_id.is_zero());
  EXPECT_EQ(w.builder.state().topic("t")->partitions.size(), 4u);
}

TEST(Topics, LeadersAreSpreadEvenly) {
  World w;
  w.create("t", 9, 3);
  std::map<BrokerId, int> leads;
  for (int i = 0; i < 9; i++) {
    Ids replicas = w.p("t", i).replicas;
    leads[w.p("t", i).leader]++;
    std::sort(replicas.begin(), replicas.end());
    EXPECT_EQ(replicas, (Ids{1, 2, 3}));
  }
  for (auto& [id, n] : leads) EXPECT_EQ(n, 3);
}

TEST(Topics, NamesAreCheckedAsKafkaDoes) {
  World w;
  w.create("a.b", 1, 1);
  EXPECT_EQ(w.create("", 1, 1).error_code, number(ErrorCode::invalid_topic_exception));
  EXPECT_EQ(w.create("..", 1, 1).error_code, number(ErrorCode::invalid_topic_exception));
  EXPECT_EQ(w.create(std::string(250, 'x'), 1, 1).error_code, number(ErrorCode::invalid_topic_exception));
  EXPECT_EQ(w.create("sp ace", 1, 1).error_code, number(ErrorCode::invalid_topic_exception));
  EXPECT_EQ(w.create("a_b", 1, 1).error_message, "Topic 'a_b' collides with existing topic: a.b");
  EXPECT_EQ(w.create("a.b", 1, 1).error_message, "Topic 'a.b' already exists.");
  EXPECT_EQ(w.create(std::string(249, 'x'), 1, 1).error_code, 0);
}

TEST(Topics, CountsThatCannotBe) {
  World w;
  EXPECT_EQ(w.create("t", 0, 1).error_code, number(ErrorCode::invalid_partitions));
  EXPECT_EQ(w.create("t", 1, 0).error_code, number(ErrorCode::invalid_replication_factor));
  auto a = w.create("t", 1, 4);
  EXPECT_EQ(a.error_code, number(ErrorCode::invalid_replication_factor));
  EXPECT_EQ(a.error_message,
            "Unable to replicate the partition 4 time(s): The target replication factor of 4 cannot be reached because "
            "only 3 broker(s) are registered.");
}

TEST(Topics, OneRequestMakesSoManyPartitionsAtMost) {
  World w;
  wire::CreateTopicsRequest r;
  for (const char* name : {"a", "b", "c"}) {
    auto& t = r.topics.emplace_back();
    t.name = name;
    t.num_partitions = 40'000;
    t.replication_factor = 1;
  }
  auto made = w.did(decide(w.context(), r)).topics;
  EXPECT_EQ(made[0].error_code, 0);
  EXPECT_EQ(made[1].error_code, 0);
  EXPECT_EQ(made[2].error_code, number(ErrorCode::policy_violation));
  EXPECT_EQ(w.builder.state().topic("c"), nullptr);
  wire::CreatePartitionsRequest more;
  for (const char* name : {"a", "b"}) {
    auto& t = more.topics.emplace_back();
    t.name = name;
    t.count = 95'000;
    t.assignments.reset();
  }
  auto grown = w.did(decide(w.context(), more)).results;
  EXPECT_EQ(grown[0].error_code, 0);
  EXPECT_EQ(grown[1].error_code, number(ErrorCode::policy_violation));
}

TEST(Topics, ManyNamesAreComparedWithWhatExists) {
  World w;
  w.create("x.y", 1, 1);
  wire::CreateTopicsRequest r;
  for (const char* name : {"a.b", "x_y", "a_c", "a_b"}) {
    auto& t = r.topics.emplace_back();
    t.name = name;
    t.num_partitions = t.replication_factor = 1;
  }
  auto made = w.did(decide(w.context(), r)).topics;
  EXPECT_EQ(made[0].error_code, 0);
  EXPECT_EQ(made[1].error_code, number(ErrorCode::invalid_topic_exception));
  EXPECT_EQ(made[2].error_code, 0);
  EXPECT_EQ(made[3].error_code, number(ErrorCode::invalid_topic_exception));
}

TEST(Topics, ManualAssignments) {
  World w;
  EXPECT_EQ(w.create("a", -1, -1, {{2, 3}, {3, 1}}).error_code, 0);
  EXPECT_EQ(w.p("a", 1).replicas, (Ids{3, 1}));
  EXPECT_EQ(w.create("b", 2, -1, {{2, 3}, {3, 1}}).error_code, number(ErrorCode::invalid_request));
  EXPECT_EQ(w.create("b", -1, -1, {{2, 3}, {3}}).error_code, number(ErrorCode::invalid_replica_assignment));
  EXPECT_EQ(w.create("b", -1, -1, {{2, 2}}).error_code, number(ErrorCode::invalid_replica_assignment));
  EXPECT_EQ(w.create("b", -1, -1, {{9}}).error_code, number(ErrorCode::invalid_replica_assignment));
}

TEST(Topics, ValidateOnlyAndInvalidConfigsCreateNothing) {
  World w;
  w.options.configs.validate = [](ConfigType, const std::string&, const ConfigMap& m) -> Status {
    if (m.count("bad")) return Error(ErrorCode::invalid_config, "test", "Unknown topic config name: bad");
    return {};
  };
  wire::CreateTopicsRequest r;
  r.validate_only = true;
  r.topics.push_back({.name = "t", .num_partitions = 1, .replication_factor = 1});
  EXPECT_EQ(w.did(decide(w.context(), r)).topics[0].num_partitions, 1);
  r.validate_only = false;
  r.topics[0].configs.push_back({"bad", "1"});
  auto a = w.did(decide(w.context(), r));
  EXPECT_EQ(a.topics[0].error_code, number(ErrorCode::invalid_config));
  EXPECT_EQ(a.topics[0].error_message, "Unknown topic config name: bad");
  r.topics = {{.name = "d", .num_partitions = 1, .replication_factor = 1},
              {.name = "d", .num_partitions = 1, .replication_factor = 1}};
  EXPECT_EQ(w.did(decide(w.context(), r)).topics[0].error_code, number(ErrorCode::invalid_request));
  EXPECT_TRUE(w.builder.state().topics.empty());
}

TEST(Topics, DeletedByNameOrId) {
  World w;
  w.create("a", 1, 1);
  Uuid b = w.create("b", 1, 1).topic_id;
  wire::DeleteTopicsRequest r;
  r.topics = {{.name = "a"},
              {.topic_id = b},
              {.name = "x"},
              {.topic_id = Uuid::from_random(9, 9)},
              {.name = "a", .topic_id = b}};
  auto a = w.did(decide(w.context(), r, 6)).responses;
  // "a" is named twice, once with an id.
  EXPECT_EQ(a[0].error_code, number(ErrorCode::invalid_request));
  EXPECT_EQ(a[1].error_code, 0);
  EXPECT_EQ(a[1].name, "b");
  EXPECT_EQ(a[2].error_code, number(ErrorCode::unknown_topic_or_partition));
  EXPECT_EQ(a[3].error_code, number(ErrorCode::unknown_topic_id));
  EXPECT_EQ(a[4].error_code, number(ErrorCode::invalid_request));
  wire::DeleteTopicsRequest old;
  old.topic_names = {"a"};
  EXPECT_EQ(w.did(decide(w.context(), old, 5)).responses[0].error_code, 0);
  EXPECT_TRUE(w.builder.state().topics.empty());
}

TEST(Topics, NoneIsDeletedWhereThatIsOff) {
  World w;
  w.create("a", 1, 1);
  w.options.delete_topics = false;
  wire::DeleteTopicsRequest r;
  r.topics = {{.name = "a"}, {.name = "x"}};
  for (const auto& answer : w.did(decide(w.context(), r, 6)).responses)
    EXPECT_EQ(answer.error_code, number(ErrorCode::topic_deletion_disabled));
  wire::DeleteTopicsRequest old;
  old.topic_names = {"a"};
  EXPECT_EQ(w.did(decide(w.context(), old, 2)).responses[0].error_code, number(ErrorCode::invalid_request));
  EXPECT_EQ(w.builder.state().topics.size(), 1u);
}

TEST(Topics, PartitionsAreOnlyAdded) {
  World w;
  w.create("t", 2, 2);
  auto grow = [&](int32_t count) {
    wire::CreatePartitionsRequest r;
    r.topics.push_back({"t", count, std::nullopt});
    return w.did(decide(w.context(), r)).results[0];
  };
  EXPECT_EQ(grow(1).error_message, "The topic t currently has 2 partition(s); 1 would not be an increase.");
  EXPECT_EQ(grow(2).error_message, "Topic already has 2 partition(s).");
  EXPECT_EQ(grow(5).error_code, 0);
  EXPECT_EQ(w.builder.state().topic("t")->partitions.size(), 5u);
  EXPECT_EQ(w.p("t", 4).replicas.size(), 2u);
}

TEST(Brokers, AFencedBrokerLosesLeadershipAndLeavesTheIsr) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}, {2, 3, 1}});
  w.fence(1);
  EXPECT_EQ(w.p("t", 0).leader, 2);
  EXPECT_EQ(w.p("t", 0).leader_epoch, 1);
  EXPECT_EQ(w.p("t", 0).isr, (Ids{2, 3}));
  EXPECT_EQ(w.p("t", 1).leader, 2);
  EXPECT_EQ(w.p("t", 1).leader_epoch, 0);
  EXPECT_EQ(w.p("t", 1).isr, (Ids{2, 3}));
}

TEST(Brokers, TheLastIsrMemberStaysAndLeadsAgainWhenBack) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  for (BrokerId b : {1, 2, 3}) w.fence(b);
  EXPECT_EQ(w.p("t").isr, (Ids{3}));
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  w.beat(1);  // alive, but may lack acknowledged records
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  w.beat(3);
  EXPECT_EQ(w.p("t").leader, 3);
}

TEST(Brokers, UncleanElectionOnlyWhereItIsAllowed) {
  World w;
  w.create("safe", -1, -1, {{1, 2}});
  w.create("loose", -1, -1, {{1, 2}});
  w.builder.replay(config_record(ConfigType::topic, "loose", "unclean.leader.election.enable", "true"));
  w.fence(2);
  w.fence(1);
  w.beat(2);
  EXPECT_EQ(w.p("safe").leader, kNoBroker);
  EXPECT_EQ(w.p("loose").leader, 2);
  EXPECT_EQ(w.p("loose").isr, (Ids{2}));
}

TEST(Brokers, TheLastIsrMemberThatLostRecordsIsNotElected) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  w.create("single", -1, -1, {{3}});
  for (BrokerId b : {1, 2, 3}) w.fence(b);
  w.enlist(3, 2, false, 2);
  for (BrokerId b : {3, 1}) w.beat(b);
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  EXPECT_EQ(w.p("t").isr, (Ids{}));
  EXPECT_EQ(w.p("t").last_known_elr, (Ids{3}));
  EXPECT_EQ(w.p("single").leader, 3) << "a single replica keeps what it has";
  // It stays so over more starts and under another controller, until somebody decides.
  w.enlist(3, 3, false, 2);
  w.beat(3);
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  wire::ElectLeadersRequest r;
  r.election_type = 1;
  r.topic_partitions = {{{"t", {0}}}};
  EXPECT_EQ(w.did(decide(w.context(), r)).replica_election_results[0].partition_result[0].error_code, 0);
  EXPECT_EQ(w.p("t").leader, 1);
  EXPECT_EQ(w.p("t").isr, (Ids{1}));
  EXPECT_EQ(w.p("t").last_known_elr, (Ids{}));
}

TEST(Brokers, WhoComesUnderTheIdOfAnUnregisteredBrokerIsNotElected) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  for (BrokerId b : {1, 2, 3}) w.fence(b);
  wire::UnregisterBrokerRequest r;
  r.broker_id = 3;
  EXPECT_EQ(w.did(decide(w.context(), r)).error_code, 0);
  w.enlist(3, 2, false, 2);
  w.beat(3);
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  EXPECT_EQ(w.p("t").isr, (Ids{}));
}

TEST(Brokers, AnUncleanElectionPrefersAReplicaThatLostNothing) {
  World w;
  w.create("t", -1, -1, {{3, 1, 2}});
  w.builder.replay(config_record(ConfigType::topic, "t", "unclean.leader.election.enable", "true"));
  for (BrokerId b : {1, 2}) w.fence(b);
  EXPECT_EQ(w.p("t").isr, (Ids{3}));
  w.enlist(3, 2, false, 2);
  w.beat(3);
  EXPECT_EQ(w.p("t").leader, 3) << "nobody else is there";
  w.fence(3);
  w.enlist(3, 3, false, 3);
  w.beat(1);
  EXPECT_EQ(w.p("t").leader, 1);
  w.beat(3);
  EXPECT_EQ(w.p("t").leader, 1);
  EXPECT_EQ(w.p("t").isr, (Ids{1}));
}

TEST(Brokers, ARegistrationThatLostRecordsLeavesTheIsr) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  w.enlist(1, 2, false, 2);
  EXPECT_EQ(w.p("t").isr, (Ids{2, 3}));
  EXPECT_EQ(w.p("t").leader, 2);
}

TEST(Brokers, UnfencedOnlyWhenCaughtUpWithItsRegistration) {
  World w(0);
  w.enlist(1);
  BrokerEpoch epoch = w.builder.state().broker(1)->epoch;
  EXPECT_TRUE(w.beat(1, false, epoch - 1).is_fenced);
  auto a = w.beat(1, false, epoch);
  EXPECT_FALSE(a.is_fenced);
  EXPECT_TRUE(w.builder.state().alive(1));
}

TEST(Brokers, ANewIncarnationNeedsTheOldOneGone) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  EXPECT_EQ(w.enlist(1, 2, true).error_code, number(ErrorCode::duplicate_broker_registration));
  EXPECT_EQ(w.enlist(1, 1, true).broker_epoch, w.builder.state().broker(1)->epoch);  // a repeated request of the same
                                                                                     // one
  BrokerEpoch old = w.builder.state().broker(1)->epoch;
  EXPECT_GT(w.enlist(1, 2, false).broker_epoch, old);
  EXPECT_EQ(w.p("t").leader, 2);
  EXPECT_EQ(w.p("t").isr, (Ids{2, 3}));
  wire::BrokerHeartbeatRequest stale;
  stale.broker_id = 1;
  stale.broker_epoch = old;
  EXPECT_EQ(w.did(decide(w.context(), stale, w.sessions)).error_code, number(ErrorCode::stale_broker_epoch));
}

TEST(Brokers, AControlledShutdownMovesLeadersThenWaitsForTheOthers) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  for (BrokerId b : {2, 3}) w.beat(b, false, w.end - 1);
  auto a = w.beat(1, true);
  EXPECT_FALSE(a.should_shut_down);
  EXPECT_EQ(w.p("t").leader, 2);
  EXPECT_EQ(w.p("t").isr, (Ids{2, 3}));
  EXPECT_FALSE(w.beat(1, true).should_shut_down);
  for (BrokerId b : {2, 3}) w.beat(b, false, w.end - 1);
  EXPECT_TRUE(w.beat(1, true).should_shut_down);
  EXPECT_FALSE(w.builder.state().alive(1));
}

TEST(Brokers, WhenAllLeaveNobodyWaits) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  for (BrokerId b : {1, 2}) EXPECT_FALSE(w.beat(b, true).should_shut_down);
  Offset end = w.end;
  for (BrokerId b : {3, 1, 2}) EXPECT_TRUE(w.beat(b, true).should_shut_down) << b;
  EXPECT_EQ(w.end, end);  // no record: the majority that would commit it is going
  EXPECT_EQ(w.p("t").leader, 3);
}

TEST(Brokers, SilentOnesExpireAndAStallOfOursForgives) {
  World w;
  w.now = MonoTime{0} + std::chrono::seconds(1);
  for (BrokerId b : {1, 2}) w.sessions.contact(b, 1, w.now);
  MonoTime later = w.now + std::chrono::milliseconds(1900);
  EXPECT_EQ(w.sessions.expired(w.builder.state(), later), (Ids{3}));
  w.sessions.forgive(later);
  EXPECT_TRUE(w.sessions.expired(w.builder.state(), later).empty());
}

TEST(Brokers, ASilentOneLeavesTheIsrsOfOthersAndKeepsWhatItLeads) {
  World w;
  w.create("mine", -1, -1, {{3, 1, 2}});
  w.create("others", -1, -1, {{1, 2, 3}});
  w.create("two", -1, -1, {{2, 3}});
  w.options.configs.topic_default = [](const MetadataImage&, const std::string& key) {
    return key == "min.insync.replicas" ? std::optional<std::string>("2") : std::nullopt;
  };
  for (auto& r : set_aside(w.context(), 3)) w.builder.replay(r);
  EXPECT_EQ(w.p("mine").leader, 3);
  EXPECT_EQ(w.p("mine").isr, (Ids{3, 1, 2}));
  EXPECT_EQ(w.p("others").isr, (Ids{1, 2}));
  EXPECT_EQ(w.p("others").leader_epoch, 0);
  EXPECT_EQ(w.p("two").isr, (Ids{2, 3}));  // without it nothing could be acknowledged either
  EXPECT_TRUE(set_aside(w.context(), 3).empty());
}

TEST(Brokers, WhoIsJustBackLeadsOnlyWhereNobodyElseCan) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  w.create("two", -1, -1, {{1, 2}});
  w.create("recent", -1, -1, {{3, 1, 2}});
  w.last_choice = {{2, MonoTime{7}}};
  w.fence(1);
  EXPECT_EQ(w.p("t").leader, 3);
  EXPECT_EQ(w.p("two").leader, 2);
  w.beat(1);
  EXPECT_EQ(w.alter_isr(3, "t", {1, 2, 3}, 1, 1), 0);
  EXPECT_EQ(w.alter_isr(3, "recent", {1, 2, 3}, 0, 1), 0);
  w.last_choice = {{1, MonoTime{9}}, {2, MonoTime{7}}};
  w.fence(3);
  EXPECT_EQ(w.p("recent").leader, 2);  // back for longer
  EXPECT_EQ(w.p("t").leader, 2);
  EXPECT_TRUE(rebalance_leaders(w.context(), 10).empty());
  w.last_choice = {};
  EXPECT_EQ(rebalance_leaders(w.context(), 10).size(), 1u);
}

TEST(Brokers, PreferredLeadersComeBack) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  w.fence(1);
  w.beat(1);
  EXPECT_TRUE(rebalance_leaders(w.context(), 10).empty());  // not in the ISR yet
  EXPECT_EQ(w.alter_isr(2, "t", {1, 2, 3}, 1, 1), 0);
  auto records = rebalance_leaders(w.context(), 10);
  ASSERT_EQ(records.size(), 1u);
  w.builder.replay(records[0]);
  EXPECT_EQ(w.p("t").leader, 1);
}

TEST(IsrChanges, AreFencedByEveryEpoch) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2}, 0, 0), 0);
  EXPECT_EQ(w.p("t").isr, (Ids{1, 2}));
  EXPECT_EQ(w.p("t").partition_epoch, 1);
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 0), number(ErrorCode::invalid_update_version));
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 2), number(ErrorCode::not_controller));
  EXPECT_EQ(w.alter_isr(2, "t", {1, 2, 3}, 0, 1), number(ErrorCode::invalid_request));
  EXPECT_EQ(w.alter_isr(1, "t", {2, 3}, 0, 1), number(ErrorCode::invalid_request));
  w.fence(1);
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2}, 0, 2), number(ErrorCode::fenced_leader_epoch));
}

TEST(IsrChanges, AFencedOrRestartedReplicaIsIneligible) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  w.fence(3);
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 1), number(ErrorCode::ineligible_replica));
  w.beat(3);
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 1, 3, 1), number(ErrorCode::ineligible_replica));  // epochs of older
                                                                                                 // lives (KIP-903)
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 1, 2), 0);
}

TEST(IsrChanges, WhoIsSetAsideJoinsOnlyWhenItIsHeardOf) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  for (auto& r : set_aside(w.context(), 3)) w.builder.replay(r);
  w.aside = {3};
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 1), number(ErrorCode::ineligible_replica));
  EXPECT_EQ(w.alter_isr(1, "t", {1}, 0, 1), 0);
  w.aside = {};
  EXPECT_EQ(w.alter_isr(1, "t", {1, 2, 3}, 0, 2), 0);
}

TEST(ProducerIds, ComeInBlocksThatNeverMeet) {
  World w;
  wire::AllocateProducerIdsRequest r;
  r.broker_id = 1;
  r.broker_epoch = w.builder.state().broker(1)->epoch;
  EXPECT_EQ(w.did(decide(w.context(), r)).producer_id_start, 0);
  auto a = w.did(decide(w.context(), r));
  EXPECT_EQ(a.producer_id_start, 1000);
  EXPECT_EQ(a.producer_id_len, 1000);
}

TEST(TopicConfigs, IncrementalAndOldForm) {
  World w;
  w.create("t", 1, 1);
  wire::IncrementalAlterConfigsRequest r;
  r.resources.push_back({2, "t", {{"retention.ms", 0, "5"}, {"cleanup.policy", 2, "compact"}}});
  w.options.configs.topic_default = [](const MetadataImage&, const std::string& key) -> std::optional<std::string> {
    if (key == "cleanup.policy") return "delete";
    return std::nullopt;
  };
  EXPECT_EQ(w.did(decide(w.context(), r)).responses[0].error_code, 0);
  EXPECT_EQ(w.builder.state().config(ConfigType::topic, "t"),
            (ConfigMap{{"cleanup.policy", "delete,compact"}, {"retention.ms", "5"}}));
  r.resources[0].configs = {{"cleanup.policy", 3, "delete"}, {"retention.ms", 1, std::nullopt}};
  w.did(decide(w.context(), r));
  EXPECT_EQ(w.builder.state().config(ConfigType::topic, "t"), (ConfigMap{{"cleanup.policy", "compact"}}));
  wire::AlterConfigsRequest old;
  old.resources.push_back({2, "t", {{"segment.bytes", "9"}}});
  w.did(decide(w.context(), old));
  EXPECT_EQ(w.builder.state().config(ConfigType::topic, "t"), (ConfigMap{{"segment.bytes", "9"}}));
  r.resources[0].resource_name = "nope";
  EXPECT_EQ(w.did(decide(w.context(), r)).responses[0].error_code, number(ErrorCode::unknown_topic_or_partition));
}

TEST(Election, OnRequest) {
  World w;
  w.create("t", -1, -1, {{1, 2, 3}});
  auto elect = [&](int8_t type) {
    wire::ElectLeadersRequest r;
    r.election_type = type;
    r.topic_partitions = {{{"t", {0}}}};
    return w.did(decide(w.context(), r)).replica_election_results[0].partition_result[0].error_code;
  };
  EXPECT_EQ(elect(0), number(ErrorCode::election_not_needed));
  EXPECT_EQ(elect(1), number(ErrorCode::election_not_needed));
  w.fence(1);
  EXPECT_EQ(elect(0), number(ErrorCode::preferred_leader_not_available));
  w.beat(1);
  w.alter_isr(2, "t", {1, 2, 3}, 1, 1);
  EXPECT_EQ(elect(0), 0);
  EXPECT_EQ(w.p("t").leader, 1);
  for (BrokerId b : {1, 2, 3}) w.fence(b);
  EXPECT_EQ(elect(1), number(ErrorCode::eligible_leaders_not_available));
  w.beat(2);
  EXPECT_EQ(w.p("t").leader, kNoBroker);
  EXPECT_EQ(elect(1), 0);
  EXPECT_EQ(w.p("t").leader, 2);
}

}  // namespace weir::replication
