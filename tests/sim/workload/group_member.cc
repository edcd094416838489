#include "tests/sim/workload/group_member.h"

#include <fmt/format.h>

#include "base/wire/messages/consumer_protocol_assignment.h"
#include "base/wire/messages/consumer_protocol_subscription.h"
#include "base/wire/messages/find_coordinator.h"
#include "base/wire/messages/heartbeat.h"
#include "base/wire/messages/join_group.h"
#include "base/wire/messages/leave_group.h"
#include "base/wire/messages/offset_commit.h"
#include "base/wire/messages/offset_fetch.h"
#include "base/wire/messages/sync_group.h"

namespace weir::sim {
namespace {
constexpr int32_t kSessionMs = 6000, kRebalanceMs = 8000;

std::vector<uint8_t> bytes_of(const Buffer& b) { return {b.data(), b.data() + b.size()}; }
}  // namespace

GroupMember::GroupMember(SimWorld& world, Ledger& ledger, const std::string& name, int brokers, std::string group,
                         std::vector<std::string> topics)
    : FetchLoop(world, ledger, name, brokers, false), group_(std::move(group)), topics_(std::move(topics)) {
  for (const std::string& t : topics_) want(t);
}

void GroupMember::start() {
  refresh();
  again(Again::coordinator, 500ms);
}

void GroupMember::again(Again how, Duration delay) {
  const uint64_t term = ++term_;
  stable_ = committing_ = rejoin_ = false;
  assign({});
  if (how == Again::coordinator) coordinator_ = kNoBroker;
  if (how == Again::member) member_.clear(), generation_ = -1;
  after(delay, [this, term] {
    if (term != term_) return;
    if (coordinator_ == kNoBroker)
      find_coordinator();
    else
      join();
  });
}

size_t GroupMember::partitions_known() const {
  size_t n = 0;
  for (const std::string& name : topics_) {
    const Topic* t = topic(name);
    n += t ? t->partitions.size() : 0;
  }
  return n;
}

/// New partitions are the leader's matter: it joins anew and deals again.
void GroupMember::on_metadata() {
  if (stable_ && lead_ && partitions_known() != dealt_ && !rejoin_) {
    rejoin_ = true;
    if (!committing_) commit();
  }
  fetch_all();
}

bool GroupMember::fine(Code code) {
  switch (code) {
    case Code::none:
      return true;
    case Code::rebalance_in_progress:
      again(Again::join, 0ms);
      return false;
    case Code::illegal_generation:
    case Code::unknown_member_id:
    case Code::fenced_instance_id:
      again(Again::member, 20ms);
      return false;
    case Code::coordinator_load_in_progress:
      again(Again::join, 200ms);
      return false;
    case Code::unknown_server_error:
      ledger().fail(fmt::format("group {}: an answer is an unknown error", group_));
      return false;
    default:
      again(Again::coordinator, 150ms);
      return false;  // moved, not there, connection lost, timed out …
  }
}

void GroupMember::find_coordinator() {
  wire::FindCoordinatorRequest request;
  request.coordinator_keys = {group_};
  call<wire::FindCoordinatorResponse>(any_broker(), Lane::controller, std::move(request), 4, 10s,
                                      [this, term = term_](Result<wire::FindCoordinatorResponse> r) {
                                        if (term != term_) return;
                                        if (!r || r->coordinators.size() != 1 || r->coordinators[0].error_code != 0)
                                          return again(Again::coordinator, 200ms);
                                        coordinator_ = r->coordinators[0].node_id;
                                        join();
                                      });
}

void GroupMember::join() {
  wire::JoinGroupRequest request;
  request.group_id = group_;
  request.session_timeout_ms = kSessionMs;
  request.rebalance_timeout_ms = kRebalanceMs;
  request.member_id = member_;
  request.protocol_type = "consumer";
  auto& p = request.protocols.emplace_back();
  p.name = "range";
  wire::ConsumerProtocolSubscription s;
  s.topics = topics_;
  p.metadata = bytes_of(wire::encode_versioned(s, 0));
  call<wire::JoinGroupResponse>(coordinator_, Lane::quorum, std::move(request), 7, 15s,
                                [this, term = term_](Result<wire::JoinGroupResponse> r) {
                                  if (term != term_) return;
                                  if (!r) return again(Again::coordinator, 100ms);
                                  if (static_cast<Code>(r->error_code) == Code::member_id_required) {
                                    member_ = r->member_id;
                                    return join();
                                  }
                                  if (!fine(static_cast<Code>(r->error_code))) return;
                                  member_ = r->member_id;
                                  generation_ = r->generation_id;
                                  std::vector<std::pair<std::string, std::vector<uint8_t>>> members;
                                  for (const auto& m : r->members) members.emplace_back(m.member_id, m.metadata);
                                  sync(r->leader == member_, members);
                                });
}

void GroupMember::sync(bool lead, const std::vector<std::pair<std::string, std::vector<uint8_t>>>& members) {
  wire::SyncGroupRequest request;
  request.group_id = group_;
  request.generation_id = generation_;
  request.member_id = member_;
  request.protocol_type = "consumer";
  request.protocol_name = "range";
  lead_ = lead;
  dealt_ = partitions_known();
  if (lead) {
    std::vector<wire::ConsumerProtocolAssignment> parts(members.size());
    size_t turn = 0;
    for (const std::string& name : topics_) {
      const Topic* t = topic(name);
      for (size_t i = 0; t && i < t->partitions.size(); ++i) {
        auto& to = parts[turn++ % parts.size()].assigned_partitions;
        if (to.empty() || to.back().topic != name) to.emplace_back().topic = name;
        to.back().partitions.push_back(static_cast<int32_t>(i));
      }
    }
    for (size_t i = 0; i < members.size(); ++i) {
      auto& a = request.assignments.emplace_back();
      a.member_id = members[i].first;
      a.assignment = bytes_of(wire::encode_versioned(parts[i], 0));
    }
  }
  call<wire::SyncGroupResponse>(
      coordinator_, Lane::quorum, std::move(request), 5, 12s, [this, term = term_](Result<wire::SyncGroupResponse> r) {
        if (term != term_) return;
        if (!r) return again(Again::coordinator, 100ms);
        if (!fine(static_cast<Code>(r->error_code))) return;
        std::vector<TopicPartition> mine;
        if (!r->assignment.empty()) {
          auto a = wire::decode_versioned<wire::ConsumerProtocolAssignment>(r->assignment);
          if (!a) return ledger().fail(fmt::format("group {}: the assignment cannot be read", group_));
          for (const auto& t : a->assigned_partitions) {
            for (int32_t p : t.partitions) mine.push_back({t.topic, p});
          }
        }
        fetch_offsets(std::move(mine));
      });
}

void GroupMember::fetch_offsets(std::vector<TopicPartition> mine) {
  wire::OffsetFetchRequest request;
  auto& g = request.groups.emplace_back();
  g.group_id = group_;
  request.require_stable = true;
  std::map<TopicPartition, Offset> floors;
  for (const TopicPartition& tp : mine) {
    floors[tp] = ledger().committed_floor(group_, tp);
    if (g.topics->empty() || g.topics->back().name != tp.topic) g.topics->emplace_back().name = tp.topic;
    g.topics->back().partition_indexes.push_back(tp.partition);
  }
  call<wire::OffsetFetchResponse>(
      coordinator_, Lane::quorum, std::move(request), 8, 8s,
      [this, term = term_, floors](Result<wire::OffsetFetchResponse> r) {
        if (term != term_) return;
        if (!r || r->groups.size() != 1) return again(Again::coordinator, 100ms);
        if (!fine(static_cast<Code>(r->groups[0].error_code))) return;
        std::map<TopicPartition, Position> positions;
        committed_.clear();
        for (const auto& t : r->groups[0].topics) {
          for (const auto& p : t.partitions) {
            TopicPartition tp{t.name, p.partition_index};
            auto floor = floors.find(tp);
            if (floor == floors.end())
              return ledger().fail(
                  fmt::format("group {}: an offset of {} that was not asked for", group_, tp.to_string()));
            if (p.error_code != 0) return again(Again::join, 200ms);
            ledger().offset_fetched(group_, tp, floor->second, p.committed_offset);
            positions[tp].next = std::max<Offset>(p.committed_offset, 0);
            positions[tp].last_epoch = p.committed_leader_epoch;
            committed_[tp] = positions[tp].next;
          }
        }
        if (positions.size() != floors.size())
          return ledger().fail(
              fmt::format("group {}: {} of {} offsets answered", group_, positions.size(), floors.size()));
        assign(std::move(positions));
        stable_ = true;
        heartbeat();
        after(500ms, [this, term] {
          if (term == term_) commit();
        });
      });
}

void GroupMember::heartbeat() {
  wire::HeartbeatRequest request;
  request.group_id = group_;
  request.generation_id = generation_;
  request.member_id = member_;
  call<wire::HeartbeatResponse>(coordinator_, Lane::probe, std::move(request), 4, 4s,
                                [this, term = term_](Result<wire::HeartbeatResponse> r) {
                                  if (term != term_) return;
                                  if (!r) return again(Again::coordinator, 100ms);
                                  const Code code = static_cast<Code>(r->error_code);
                                  if (code == Code::rebalance_in_progress) {
                                    rejoin_ = true;
                                    return commit();
                                  }
                                  if (!fine(code)) return;
                                  after(1s, [this, term] {
                                    if (term == term_) heartbeat();
                                  });
                                });
}

void GroupMember::commit() {
  if (committing_ || !stable_) return;
  wire::OffsetCommitRequest request;
  request.group_id = group_;
  request.generation_id_or_member_epoch = generation_;
  request.member_id = member_;
  std::map<TopicPartition, Offset> offsets;
  for (const auto& [tp, position] : positions()) {
    if (request.topics.empty() || request.topics.back().name != tp.topic) request.topics.emplace_back().name = tp.topic;
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition_index = tp.partition;
    p.committed_offset = position.next;
    p.committed_leader_epoch = position.last_epoch;
    offsets[tp] = position.next;
  }
  committing_ = true;
  if (offsets.empty()) {
    if (rejoin_) return again(Again::join, 0ms);
    if (random().chance(1, 6)) return leave();
    const uint64_t term = term_;
    refresh();
    return after(1s, [this, term] {
      if (term != term_) return;
      committing_ = false;
      if (rejoin_) return again(Again::join, 0ms);
      commit();
    });
  }
  call<wire::OffsetCommitResponse>(coordinator_, Lane::quorum, std::move(request), 8, 6s,
                                   [this, term = term_, offsets](Result<wire::OffsetCommitResponse> r) {
                                     if (r) {
                                       for (const auto& t : r->topics) {
                                         for (const auto& p : t.partitions) {
                                           auto it = offsets.find({t.name, p.partition_index});
                                           if (it != offsets.end() && p.error_code == 0)
                                             ledger().offset_committed(group_, it->first, it->second);
                                         }
                                       }
                                     }
                                     if (term != term_) return;
                                     if (!r) return again(Again::coordinator, 100ms);
                                     committing_ = false;
                                     for (const auto& t : r->topics) {
                                       for (const auto& p : t.partitions) {
                                         if (p.error_code == 0) continue;
                                         if (static_cast<Code>(p.error_code) == Code::unknown_topic_or_partition)
                                           continue;  // the coordinator's broker has not heard of it yet
                                         fine(static_cast<Code>(p.error_code));
                                         return;
                                       }
                                     }
                                     if (rejoin_) return again(Again::join, 0ms);
                                     if (random().chance(1, 30)) return leave();
                                     refresh();  // new partitions
                                     after(Duration{static_cast<int64_t>(400'000'000 + random().below(800'000'000))},
                                           [this, term] {
                                             if (term == term_) commit();
                                           });
                                   });
}

void GroupMember::leave() {
  wire::LeaveGroupRequest request;
  request.group_id = group_;
  request.members.emplace_back().member_id = member_;
  call<wire::LeaveGroupResponse>(coordinator_, Lane::quorum, std::move(request), 5, 4s,
                                 [](Result<wire::LeaveGroupResponse>) {});
  again(Again::member, Duration{static_cast<int64_t>(200'000'000 + random().below(4'000'000'000))});
}

}  // namespace weir::sim
