#include "tests/replication/controller/sim_quorum.h"

#include <limits>

#include <gtest/gtest.h>

#include "base/util/flatten.h"
#include "replication/quorum/election.h"

namespace weir::replication::test {

namespace {

template <class Request, class Response>
bool serve_as(SimCluster::Member& m, const wire::ParsedRequest& p, const std::function<void(Buffer)>& reply) {
  if (p.header.api_key != Request::kApiKey) return false;
  auto r = wire::decode<Request>(p.body, p.header.api_version);
  CHECK(r.ok(), "a peer's request decodes", p.header.api_key);
  m.node->handle(*r, RequestContext{p.header.api_version},
                 [version = p.header.api_version, reply](Response a) { reply(wire::encode_flat(a, version)); });
  return true;
}

}  // namespace

void SimCluster::serve(Member& m, const Buffer& frame, std::function<void(Buffer)> reply) {
  auto p = wire::parse_request(frame.slice(4));
  CHECK(p.ok(), "a peer's frame parses");
  if (p->header.api_key == wire::ApiVersionsRequest::kApiKey)
    return reply(wire::encode_flat(wire::ApiVersionsResponse{}, p->header.api_version));
#define SERVE(Api) \
  if (serve_as<wire::Api##Request, wire::Api##Response>(m, *p, reply)) return;
  SERVE(Vote)
  SERVE(BeginQuorumEpoch)
  SERVE(EndQuorumEpoch)
  SERVE(Fetch)
  SERVE(DescribeQuorum)
  SERVE(BrokerRegistration)
  SERVE(BrokerHeartbeat)
  SERVE(UnregisterBroker)
  SERVE(CreateTopics)
  SERVE(DeleteTopics)
  SERVE(CreatePartitions)
  SERVE(AlterPartition)
  SERVE(AllocateProducerIds)
  SERVE(IncrementalAlterConfigs)
  SERVE(AlterConfigs)
  SERVE(ElectLeaders)
  SERVE(UpdateFeatures)
#undef SERVE
  CHECK(false, "no handler", p->header.api_key);
}

void SimTransport::send(BrokerId to, Lane, int16_t, int16_t, std::function<BufferChain(int32_t)> encode,
                        Duration timeout, std::function<void(Result<Buffer>)> done) {
  CHECK(known_.count(to), "an endpoint was set", to);
  auto open = std::make_shared<bool>(true);
  auto finish = [open, done](Result<Buffer> r) {
    if (!std::exchange(*open, false)) return;
    done(std::move(r));
  };
  SimCluster& c = cluster_;
  auto& me = c[self_];
  c.later(
      me, [finish](SimCluster::Member&) { finish(Error(ErrorCode::request_timed_out)); }, timeout);
  if (c.is_cut(self_, to)) return;
  auto& peer = c[to];
  if (!peer.up()) {
    if (!peer.machine->machine_is_on()) return;  // silence
    return c.later(me, [finish](SimCluster::Member&) { finish(Error(ErrorCode::connection_failed)); });
  }
  connected.insert(to);
  Buffer frame = flatten(encode(1));
  uint64_t my_life = me.life;
  // A peer that dies before it answers: the connection's end fails the request.
  pending_[to].push_back([finish] { finish(Error(ErrorCode::connection_failed)); });
  c.later(peer, [&c, self = self_, to, frame, finish, my_life](SimCluster::Member& peer) {
    c.serve(peer, frame, [&c, self, to, finish, my_life](Buffer body) {
      auto& me = c[self];
      if (me.life != my_life || c.is_cut(to, self)) return;
      c.later(me, [finish, body](SimCluster::Member&) { finish(body); });
    });
  });
}

void SimTransport::probe(BrokerId node, Duration timeout, std::function<void(bool)> done) {
  auto& me = cluster_[self_];
  auto& peer = cluster_[node];
  bool silent = cluster_.is_cut(self_, node) || cluster_.is_cut(node, self_) || !peer.machine->machine_is_on();
  // As the real one: only a refusal proves that the process is gone.
  cluster_.later(
      me, [done, up = silent || peer.up()](SimCluster::Member&) { done(up); }, silent ? timeout : Duration{100'000});
}

namespace {

using Millis = std::chrono::milliseconds;
double ms_between(MonoTime a, MonoTime b) { return static_cast<double>((b - a).count()) / 1e6; }

wire::CreateTopicsRequest create(const std::string& name, int32_t partitions, int16_t factor) {
  wire::CreateTopicsRequest r;
  wire::CreateTopicsRequest::CreatableTopic t;
  t.name = name;
  t.num_partitions = partitions;
  t.replication_factor = factor;
  r.topics.push_back(t);
  return r;
}

}  // namespace

namespace {

wire::VoteRequest a_vote(BrokerId candidate, LeaderEpoch epoch, LeaderEpoch last_epoch = 0,
                         Offset last_offset = 1'000'000'000) {
  wire::VoteRequest r;
  wire::VoteRequest::PartitionData p;
  p.replica_id = candidate;
  p.replica_epoch = epoch;
  p.last_offset_epoch = last_epoch;
  p.last_offset = last_offset;
  r.topics.push_back({"__cluster_metadata", {p}});
  return r;
}

}  // namespace

/// What any client may send where nodes share one listener with clients: none of it may move the quorum.
TEST(SimQuorum, ForeignVotesAreRefused) {
  SimCluster c(3);
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  constexpr LeaderEpoch kLast = std::numeric_limits<LeaderEpoch>::max();
  const BrokerId leader = c.leader();
  const LeaderEpoch epoch = c[leader].node->view().epoch;
  auto ask = [&](BrokerId at, wire::VoteRequest r) {
    std::optional<ErrorCode> got;
    c.later(c[at], [&](SimCluster::Member& m) {
      m.node->handle(r, RequestContext{2}, [&](wire::VoteResponse a) {
        EXPECT_TRUE(a.topics.empty() || !a.topics[0].partitions[0].vote_granted);
        got = static_cast<ErrorCode>(a.topics.empty() ? a.error_code : a.topics[0].partitions[0].error_code);
      });
    });
    EXPECT_TRUE(c.until([&] { return got.has_value(); }));
    return got.value_or(ErrorCode::none);
  };
  for (BrokerId at = 1; at <= 3; at++) {
    BrokerId other = at % 3 + 1;
    EXPECT_EQ(ask(at, a_vote(other, kLast)), ErrorCode::invalid_request);
    EXPECT_EQ(ask(at, a_vote(other, kEpochHigh)), ErrorCode::invalid_request);
    EXPECT_EQ(ask(at, a_vote(other, -1)), ErrorCode::invalid_request);
    EXPECT_EQ(ask(at, a_vote(other, epoch + 1, epoch + 1)), ErrorCode::invalid_request)
        << "a log of the epoch that is campaigned for";
    EXPECT_EQ(ask(at, a_vote(other, epoch + 1, 0, -1)), ErrorCode::invalid_request);
    EXPECT_EQ(ask(at, a_vote(at, epoch + 1)), ErrorCode::inconsistent_voter_set) << "nobody else speaks for this node";
    EXPECT_EQ(ask(at, a_vote(9, epoch + 1)), ErrorCode::inconsistent_voter_set);
    wire::VoteRequest elsewhere = a_vote(other, epoch + 1);
    elsewhere.cluster_id = "another";
    EXPECT_EQ(ask(at, elsewhere), ErrorCode::inconsistent_cluster_id);
  }
  EXPECT_EQ(c.leader(), leader);
  EXPECT_EQ(c[leader].node->view().epoch, epoch);
}

TEST(SimQuorum, ANodeWhoseEpochIsUsedUpSaysSoInsteadOfStarting) {
  SimCluster c(1);
  c.start(1);
  auto& m = c[1];
  m.node.reset();
  bool written = false;
  const std::vector<uint8_t> cell = {1, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  m.logs->write_cell("quorum-state", cell, [&](Status s) { written = s.ok(); });
  ASSERT_TRUE(c.until([&] { return written; }));
  QuorumNodeOptions o;
  o.node_id = 1;
  o.cluster_id = "sim";
  o.voters = {{.id = 1}};
  auto node = QuorumNode::make(*m.runtime, *m.logs, *m.transport, o);
  Status s = node->start();
  ASSERT_FALSE(s.ok());
  EXPECT_NE(s.error().message().find("2147483647"), std::string::npos) << s.error().message();
}

TEST(SimQuorum, ASingleNodeLeadsAtOnceAndIsUnfenced) {
  SimCluster c(1, 1);
  MonoTime began = c.world().now();
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  EXPECT_LT(ms_between(began, c.world().now()), 20);
  EXPECT_EQ(c[1].node->image()->features.at("metadata.version"), 30);
}

TEST(SimQuorum, ThreeNodesElectRegisterAndCreateATopic) {
  SimCluster c(3);
  MonoTime began = c.world().now();
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  EXPECT_LT(ms_between(began, c.world().now()), 400);
  BrokerId other = c.leader() % 3 + 1;
  auto r = c.call<wire::CreateTopicsResponse>(other, create("t", 6, 3), 7);
  ASSERT_TRUE(r.ok());
  ASSERT_EQ(r->topics[0].error_code, 0) << r->topics[0].error_message.value_or("");
  EXPECT_FALSE(r->topics[0].topic_id.is_zero());
  ASSERT_TRUE(c.until([&] {
    for (auto& [id, m] : c.members())
      if (!m.node->image()->topic("t")) return false;
    return true;
  }));
  std::map<BrokerId, int> leads;
  for (auto& p : c[1].node->image()->topic("t")->partitions) leads[p.leader]++;
  EXPECT_EQ(leads.size(), 3u);
}

TEST(SimQuorum, AKilledLeadersPartitionsAreLedByOthersWithin200Ms) {
  for (uint64_t seed = 1; seed <= 10; seed++) {
    SimCluster c(3, seed);
    c.start_all();
    ASSERT_TRUE(c.until([&] { return c.settled(); }));
    ASSERT_EQ(c.call<wire::CreateTopicsResponse>(1, create("t", 12, 3), 7)->topics[0].error_code, 0);
    c.world().run_for(Millis(500));
    // The quorum's leader for even seeds, a plain broker for odd ones.
    BrokerId victim = seed % 2 ? c.leader() % 3 + 1 : c.leader();
    BrokerId survivor = victim % 3 + 1;
    MonoTime began = c.world().now();
    c.kill(victim);
    ASSERT_TRUE(c.until([&] {
      for (auto& p : c[survivor].node->image()->topic("t")->partitions)
        if (p.leader == victim || p.leader == kNoBroker || p.isr.size() != 2) return false;
      return true;
    })) << "seed "
        << seed;
    EXPECT_LT(ms_between(began, c.world().now()), 200) << "seed " << seed << " victim " << victim;
    c.start(victim);
    ASSERT_TRUE(c.until([&] { return c.settled(); }));
  }
}

TEST(SimQuorum, ASilentNodeIsReplacedWithinItsSession) {
  SimCluster c(3, 7);
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  ASSERT_EQ(c.call<wire::CreateTopicsResponse>(1, create("t", 6, 3), 7)->topics[0].error_code, 0);
  c.world().run_for(Millis(500));
  BrokerId victim = c.leader(), survivor = victim % 3 + 1;
  MonoTime began = c.world().now();
  c.isolate(victim);
  ASSERT_TRUE(c.until([&] {
    for (auto& p : c[survivor].node->image()->topic("t")->partitions)
      if (p.leader == victim || p.leader == kNoBroker) return false;
    return true;
  }));
  EXPECT_LT(ms_between(began, c.world().now()), 3200);
  c.heal();
  ASSERT_TRUE(c.until([&] { return c.settled() && c[victim].node->view().leader == c.leader(); }));
}

TEST(SimQuorum, ASilentFollowerLeavesTheIsrsBeforeItLosesWhatItLeads) {
  SimCluster c(3, 11);
  c.tweak = [](QuorumNodeOptions& o) { o.heartbeat_interval = Millis(200); };
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  ASSERT_EQ(c.call<wire::CreateTopicsResponse>(1, create("t", 6, 3), 7)->topics[0].error_code, 0);
  c.world().run_for(Millis(4000));
  BrokerId victim = c.leader() % 3 + 1, survivor = c.leader();
  auto followed_without = [&] {
    for (auto& p : c[survivor].node->image()->topic("t")->partitions)
      if (p.leader != victim && p.isr.size() != 2) return false;
    return true;
  };
  c[victim].machine->pause();
  ASSERT_TRUE(c.until(followed_without));
  int led = 0;
  for (auto& p : c[survivor].node->image()->topic("t")->partitions) led += p.leader == victim && p.isr.size() == 3;
  EXPECT_EQ(led, 2);
  EXPECT_TRUE(c.settled());
  ASSERT_TRUE(c.until([&] { return !c.settled(); }));
  c[victim].machine->resume();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
}

TEST(SimQuorum, AStallOfASecondMovesNothing) {
  SimCluster c(3, 3);
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  ASSERT_EQ(c.call<wire::CreateTopicsResponse>(1, create("t", 6, 3), 7)->topics[0].error_code, 0);
  c.world().run_for(Millis(4000));
  LeaderEpoch epoch = c[1].node->view().epoch;
  auto leader_epochs = [&] {
    std::vector<LeaderEpoch> out;
    for (auto& p : c[1].node->image()->topic("t")->partitions) out.push_back(p.leader_epoch);
    return out;
  };
  const auto before = leader_epochs();
  for (int id = 1; id <= 3; id++) {
    c[id].machine->pause();
    c.world().run_for(Millis(1000));
    c[id].machine->resume();
    c.world().run_for(Millis(2000));
    EXPECT_EQ(c[1].node->view().epoch, epoch) << "node " << id;
    EXPECT_TRUE(c.settled()) << "node " << id;
    EXPECT_EQ(leader_epochs(), before) << "node " << id;
  }
}

TEST(SimQuorum, AStoppedLeaderHandsOverAtOnce) {
  SimCluster c(3, 5);
  c.start_all();
  ASSERT_TRUE(c.until([&] { return c.settled(); }));
  ASSERT_EQ(c.call<wire::CreateTopicsResponse>(1, create("t", 6, 3), 7)->topics[0].error_code, 0);
  BrokerId old = c.leader();
  bool stopped = false;
  MonoTime began = c.world().now();
  c.later(c[old], [&](SimCluster::Member& m) { m.node->stop(Millis(5000), [&] { stopped = true; }); });
  ASSERT_TRUE(c.until([&] { return stopped; }));
  EXPECT_LT(ms_between(began, c.world().now()), 1500);
  BrokerId survivor = old % 3 + 1;
  for (auto& p : c[survivor].node->image()->topic("t")->partitions) EXPECT_NE(p.leader, old);
  began = c.world().now();
  ASSERT_TRUE(c.until([&] { return c.leader() != kNoBroker && c.leader() != old; }));
  EXPECT_LT(ms_between(began, c.world().now()), 150);
}

}  // namespace weir::replication::test
