#include "broker/group/classic_group.h"

#include <gtest/gtest.h>

#include "broker/group/group_coordinator.h"

namespace weir::broker {
namespace {

using State = ClassicGroup::State;

/// A group with a hand-moved clock; writes are committed at once unless held back.
struct World {
  GroupOptions options;
  SplitMix64 random{7};
  MonoTime now{1'000'000'000};
  bool hold_writes = false;
  std::vector<std::function<void(ErrorCode)>> held;
  std::vector<wire::GroupMetadataValue> written;
  ClassicGroup group;

  World() : World(Duration{0}) {}
  explicit World(Duration initial_delay)
      : options{std::chrono::seconds(1), std::chrono::seconds(60), initial_delay, 100},
        group(
            "g", options, random,
            [this](const wire::GroupMetadataValue& v, std::function<void(ErrorCode)> done) {
              written.push_back(v);
              if (hold_writes)
                held.push_back(std::move(done));
              else
                done(ErrorCode::none);
            },
            [] { return WallMillis{1000}; }) {}

  static wire::JoinGroupRequest request(std::string member, std::vector<std::string> protocols = {"range"},
                                        std::optional<std::string> instance = {}) {
    wire::JoinGroupRequest r;
    r.group_id = "g";
    r.session_timeout_ms = 10'000;
    r.rebalance_timeout_ms = 20'000;
    r.member_id = std::move(member);
    r.group_instance_id = std::move(instance);
    r.protocol_type = "consumer";
    for (std::string& p : protocols) r.protocols.push_back({p, {1, 2}});
    return r;
  }
  struct Joined {
    bool answered = false;
    wire::JoinGroupResponse response;
  };
  std::shared_ptr<Joined> join(const wire::JoinGroupRequest& r, int16_t version = 9) {
    auto out = std::make_shared<Joined>();
    group.join(r, {version, "client", "/127.0.0.1"}, now,
               [out](wire::JoinGroupResponse x) { out->answered = true, out->response = std::move(x); });
    group.check_invariants();
    return out;
  }
  /// The two steps of KIP-394.
  std::pair<std::string, std::shared_ptr<Joined>> enter(std::vector<std::string> protocols = {"range"}) {
    auto first = join(request("", protocols));
    EXPECT_EQ(first->response.error_code, 79);
    std::string id = first->response.member_id;
    return {id, join(request(id, protocols))};
  }
  struct Synced {
    bool answered = false;
    wire::SyncGroupResponse response;
  };
  std::shared_ptr<Synced> sync(const std::string& member, int32_t generation,
                               std::map<std::string, std::vector<uint8_t>> assignments = {}) {
    wire::SyncGroupRequest r;
    r.group_id = "g";
    r.member_id = member;
    r.generation_id = generation;
    for (auto& [id, a] : assignments) r.assignments.push_back({id, a});
    auto out = std::make_shared<Synced>();
    group.sync(r, now, [out](wire::SyncGroupResponse x) { out->answered = true, out->response = std::move(x); });
    group.check_invariants();
    return out;
  }
  ErrorCode heartbeat(const std::string& member, int32_t generation) {
    wire::HeartbeatRequest r;
    r.member_id = member;
    r.generation_id = generation;
    return group.heartbeat(r, now);
  }
  void pass(Duration d) {
    now = now + d;
    group.tick(now);
    group.check_invariants();
  }
};

TEST(ClassicGroup, OneMemberGoesThroughBothRounds) {
  World w;
  auto [id, joined] = w.enter();
  ASSERT_TRUE(joined->answered);
  EXPECT_EQ(joined->response.error_code, 0);
  EXPECT_EQ(joined->response.generation_id, 1);
  EXPECT_EQ(joined->response.leader, id);
  ASSERT_EQ(joined->response.members.size(), 1u);
  auto synced = w.sync(id, 1, {{id, {9}}});
  ASSERT_TRUE(synced->answered);
  EXPECT_EQ(synced->response.assignment, (std::vector<uint8_t>{9}));
  EXPECT_EQ(w.group.state(), State::stable);
  EXPECT_EQ(w.heartbeat(id, 1), ErrorCode::none);
  EXPECT_EQ(w.heartbeat(id, 2), ErrorCode::illegal_generation);
  EXPECT_EQ(w.heartbeat("other", 1), ErrorCode::unknown_member_id);
}

TEST(ClassicGroup, OldVersionsJoinWithoutAnIdInOneStep) {
  // kafka-go joins with version 2 and never understands MEMBER_ID_REQUIRED.
  World w;
  auto joined = w.join(World::request(""), 2);
  ASSERT_TRUE(joined->answered);
  EXPECT_EQ(joined->response.error_code, 0);
  EXPECT_FALSE(joined->response.member_id.empty());
}

TEST(ClassicGroup, SecondMemberMakesTheFirstRejoin) {
  World w;
  auto [a, ja] = w.enter();
  w.sync(a, 1, {{a, {1}}});
  auto [b, jb] = w.enter();
  EXPECT_FALSE(jb->answered);
  EXPECT_EQ(w.group.state(), State::preparing_rebalance);
  EXPECT_EQ(w.heartbeat(a, 1), ErrorCode::rebalance_in_progress);
  auto again = w.join(World::request(a));
  ASSERT_TRUE(again->answered);
  ASSERT_TRUE(jb->answered);
  EXPECT_EQ(again->response.generation_id, 2);
  EXPECT_EQ(again->response.members.size(), 2u);
  EXPECT_TRUE(jb->response.members.empty());
  auto sb = w.sync(b, 2);
  EXPECT_FALSE(sb->answered);
  auto sa = w.sync(a, 2, {{a, {1}}, {b, {2}}});
  ASSERT_TRUE(sb->answered);
  EXPECT_EQ(sb->response.assignment, (std::vector<uint8_t>{2}));
  EXPECT_EQ(sa->response.assignment, (std::vector<uint8_t>{1}));
}

TEST(ClassicGroup, AssignmentsAreOutOnlyWhenCommitted) {
  World w;
  auto [a, ja] = w.enter();
  w.hold_writes = true;
  auto s = w.sync(a, 1, {{a, {1}}});
  EXPECT_FALSE(s->answered);
  w.held[0](ErrorCode::none);
  EXPECT_TRUE(s->answered);
}

TEST(ClassicGroup, SilentMemberIsRemovedAfterItsSession) {
  World w;
  auto [a, ja] = w.enter();
  w.sync(a, 1, {{a, {1}}});
  w.pass(std::chrono::seconds(9));
  EXPECT_EQ(w.group.state(), State::stable);
  w.pass(std::chrono::seconds(2));
  EXPECT_EQ(w.group.state(), State::empty);
  EXPECT_EQ(w.group.generation(), 2);
  EXPECT_TRUE(w.written.back().members.empty());
}

TEST(ClassicGroup, MemberThatDoesNotRejoinIsLeftBehindAtTheRoundsEnd) {
  World w;
  auto [a, ja] = w.enter();
  w.sync(a, 1, {{a, {1}}});
  auto [b, jb] = w.enter();
  for (int i = 0; i < 5; ++i) {
    w.pass(std::chrono::seconds(4));
    w.heartbeat(a, 1);  // alive, but never rejoins
  }
  ASSERT_TRUE(jb->answered);
  EXPECT_EQ(jb->response.leader, b);
  EXPECT_EQ(w.heartbeat(a, 1), ErrorCode::unknown_member_id);
}

TEST(ClassicGroup, StaticMemberComesBackWithoutARebalance) {
  World w;
  auto ja = w.join(World::request("", {"range"}, "one"));
  ASSERT_TRUE(ja->answered);
  std::string a = ja->response.member_id;
  w.sync(a, 1, {{a, {7}}});
  auto back = w.join(World::request("", {"range"}, "one"));
  ASSERT_TRUE(back->answered);
  EXPECT_EQ(back->response.error_code, 0);
  EXPECT_EQ(back->response.generation_id, 1);
  EXPECT_TRUE(back->response.skip_assignment);
  std::string a2 = back->response.member_id;
  EXPECT_NE(a2, a);
  EXPECT_EQ(w.group.state(), State::stable);
  auto s = w.sync(a2, 1);
  EXPECT_EQ(s->response.assignment, (std::vector<uint8_t>{7}));
  // The old incarnation is fenced.
  wire::HeartbeatRequest r;
  r.member_id = a;
  r.generation_id = 1;
  r.group_instance_id = "one";
  EXPECT_EQ(w.group.heartbeat(r, w.now), ErrorCode::fenced_instance_id);
}

TEST(ClassicGroup, ProtocolsMustHaveOneInCommon) {
  World w;
  auto [a, ja] = w.enter({"range", "sticky"});
  w.sync(a, 1, {{a, {1}}});
  EXPECT_EQ(w.join(World::request("", {"roundrobin"}))->response.error_code, 23);
  auto [b, jb] = w.enter({"sticky"});
  auto again = w.join(World::request(a, {"range", "sticky"}));
  EXPECT_EQ(again->response.protocol_name, "sticky");
}

TEST(ClassicGroup, NewGroupWaitsForCompany) {
  World w(std::chrono::seconds(3));
  auto [a, ja] = w.enter();
  EXPECT_FALSE(ja->answered);
  w.pass(std::chrono::seconds(2));
  auto [b, jb] = w.enter();
  w.pass(std::chrono::seconds(2));
  EXPECT_FALSE(ja->answered);
  w.pass(std::chrono::seconds(1));
  EXPECT_TRUE(ja->answered);
  EXPECT_TRUE(jb->answered);
  EXPECT_EQ(ja->response.generation_id, 1);
}

TEST(ClassicGroup, SessionTimeoutOutOfBoundsIsRefused) {
  World w;
  auto r = World::request("");
  r.session_timeout_ms = 10;
  EXPECT_EQ(w.join(r)->response.error_code, 26);
}

TEST(ClassicGroup, CommitsAreCheckedAgainstTheGeneration) {
  World w;
  EXPECT_EQ(w.group.check_commit("", {}, -1, w.now), ErrorCode::none);  // no group management
  auto [a, ja] = w.enter();
  EXPECT_EQ(w.group.check_commit(a, {}, 1, w.now), ErrorCode::rebalance_in_progress);
  w.sync(a, 1, {{a, {1}}});
  EXPECT_EQ(w.group.check_commit(a, {}, 1, w.now), ErrorCode::none);
  EXPECT_EQ(w.group.check_commit(a, {}, 0, w.now), ErrorCode::illegal_generation);
  EXPECT_EQ(w.group.check_commit("", {}, -1, w.now), ErrorCode::unknown_member_id);
}

TEST(ClassicGroup, RestoredFromItsRecord) {
  World w;
  auto [a, ja] = w.enter();
  w.sync(a, 1, {{a, {5}}});
  World other;
  other.group.restore(w.written.back(), other.now);
  EXPECT_EQ(other.group.state(), State::stable);
  EXPECT_EQ(other.heartbeat(a, 1), ErrorCode::none);
  EXPECT_EQ(other.sync(a, 1)->response.assignment, (std::vector<uint8_t>{5}));
  // The same protocols bring no new round to a follower; this one leads, so it does.
  EXPECT_EQ(other.join(World::request(a))->response.generation_id, 2);
}

TEST(ClassicGroup, LeavingEndsTheGroup) {
  World w;
  auto [a, ja] = w.enter();
  w.sync(a, 1, {{a, {1}}});
  EXPECT_EQ(w.group.leave({a, {}, {}}, w.now), ErrorCode::none);
  EXPECT_EQ(w.group.state(), State::empty);
  EXPECT_EQ(w.group.leave({a, {}, {}}, w.now), ErrorCode::unknown_member_id);
}

TEST(ClassicGroup, WhatItsMembersBringIsBounded) {
  World w;
  w.options.member_bytes_max = 10'000;
  w.options.group_bytes_max = 30'000;
  auto request = [](std::string member, size_t bytes) {
    auto r = World::request(std::move(member));
    r.protocols[0].metadata.assign(bytes, 7);
    return r;
  };
  EXPECT_EQ(w.join(request("", 10'000))->response.error_code, static_cast<int16_t>(ErrorCode::message_too_large));
  EXPECT_EQ(w.group.kept_bytes(), 0u) << "nothing is kept of who is refused";
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(w.join(request("", 9'000))->response.member_id);
    w.join(request(ids.back(), 9'000));
  }
  EXPECT_GT(w.group.kept_bytes(), 27'000u);
  EXPECT_LT(w.group.kept_bytes(), 30'000u);
  EXPECT_EQ(w.join(request("", 9'000))->response.error_code, static_cast<int16_t>(ErrorCode::group_max_size_reached));
  // A member may come again with what it has, and leaves room behind.
  EXPECT_NE(w.join(request(ids[0], 9'000))->response.error_code,
            static_cast<int16_t>(ErrorCode::group_max_size_reached));
  EXPECT_EQ(w.group.leave({ids[1], std::nullopt, std::nullopt}, w.now), ErrorCode::none);
  EXPECT_EQ(w.join(request("", 9'000))->response.error_code, static_cast<int16_t>(ErrorCode::member_id_required));
}

TEST(ClassicGroup, AnAssignmentThatIsTooLargeIsRefused) {
  World w;
  w.options.member_bytes_max = 1'000;
  auto [id, joined] = w.enter();
  wire::SyncGroupRequest r;
  r.group_id = "g";
  r.member_id = id;
  r.generation_id = w.group.generation();
  r.assignments.push_back({id, std::vector<uint8_t>(1'001)});
  wire::SyncGroupResponse answer;
  auto sync = [&] { w.group.sync(r, w.now, [&](wire::SyncGroupResponse x) { answer = std::move(x); }); };
  sync();
  EXPECT_EQ(answer.error_code, static_cast<int16_t>(ErrorCode::message_too_large));
  r.assignments[0].assignment.resize(1'000);
  sync();
  EXPECT_EQ(answer.error_code, 0);
  EXPECT_EQ(w.group.state(), State::stable);
}

TEST(ClassicGroup, IsUnusedWhenAllWhoWereGivenAnIdAreGone) {
  World w;
  EXPECT_TRUE(w.group.unused());
  w.join(World::request(""));
  EXPECT_FALSE(w.group.unused());
  w.group.tick(w.now + std::chrono::seconds(11));
  EXPECT_TRUE(w.group.unused());
}

TEST(PartitionOfGroup, AsJavaHashesStrings) {
  // "abc".hashCode() = 96354; "polygenelubricants" hashes to the smallest int, whose absolute value Kafka takes as 0.
  EXPECT_EQ(partition_of_group("abc", 50), 96354 % 50);
  EXPECT_EQ(partition_of_group("polygenelubricants", 50), 0);
  // "é" is one UTF-16 unit: 233.
  EXPECT_EQ(partition_of_group("\xc3\xa9", 50), 233 % 50);
}

}  // namespace
}  // namespace weir::broker
