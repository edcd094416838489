#include "broker/group/group_coordinator.h"

#include <algorithm>
#include <set>

#include "base/wire/messages/consumer_protocol_assignment.h"
#include "broker/group/coordinator_impl.h"

namespace weir::broker {
namespace {

// While all groups keep more than this, members that bring much are refused. Those that bring little never are: nobody
// shall be kept out of his group because others keep much in theirs.
constexpr size_t kAllGroupsBytes = 256 << 20;
constexpr size_t kLittle = 16 << 10;

/// Each once, in the order they were named: an answer is not to be larger for a name that comes a thousand times.
std::vector<std::string> distinct(const std::vector<std::string>& names) {
  std::set<std::string_view> seen;
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (seen.insert(name).second) out.push_back(name);
  }
  return out;
}

size_t bytes_brought(const wire::JoinGroupRequest& request) {
  size_t n = 0;
  for (const auto& p : request.protocols) n += p.metadata.size();
  return n;
}

constexpr const char* kConfirmGroup = "__weir_confirm";  // see confirm()

}  // namespace

PartitionId partition_of_group(const std::string& group, size_t partitions) {
  // UTF-8 to UTF-16 code units, then h = 31 h + unit.
  uint32_t h = 0;
  for (size_t i = 0; i < group.size();) {
    uint8_t b = static_cast<uint8_t>(group[i]);
    size_t n = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
    uint32_t c = n == 1 ? b : b & (0xff >> (n + 1));
    for (size_t k = 1; k < n && i + k < group.size(); ++k) c = c << 6 | (static_cast<uint8_t>(group[i + k]) & 0x3f);
    i += n;
    if (c >= 0x10000) {
      h = 31 * h + (0xd800 + ((c - 0x10000) >> 10));
      h = 31 * h + (0xdc00 + ((c - 0x10000) & 0x3ff));
    } else {
      h = 31 * h + c;
    }
  }
  int32_t s = static_cast<int32_t>(h);
  return static_cast<PartitionId>(static_cast<uint32_t>(s == INT32_MIN ? 0 : std::abs(s)) % partitions);
}

GroupCoordinator::GroupCoordinator(io::Runtime& runtime, const config::BrokerConfig& config)
    : runtime_(runtime), config_(config) {
  options_.session_timeout_min = std::chrono::milliseconds(config.group_min_session_timeout_ms);
  options_.session_timeout_max = std::chrono::milliseconds(config.group_max_session_timeout_ms);
  options_.initial_rebalance_delay = std::chrono::milliseconds(config.group_initial_rebalance_delay_ms);
  options_.members_max = static_cast<size_t>(config.group_max_size);
}

GroupCoordinator::~GroupCoordinator() {
  for (auto& [id, shard] : shards_) shard->alive = false, shard->closed = true;
}

Result<GroupCoordinator::Shard*> GroupCoordinator::shard_of(const std::string& group) {
  if (group.empty()) return ErrorCode::invalid_group_id;
  const auto* topic = node_->image().topic(kOffsetsTopic);
  if (!topic) return ErrorCode::not_coordinator;
  auto it = shards_.find(partition_of_group(group, topic->partitions.size()));
  if (it == shards_.end()) return ErrorCode::not_coordinator;
  if (!it->second->loaded) return ErrorCode::coordinator_load_in_progress;
  return it->second.get();
}

GroupCoordinator::Entry& GroupCoordinator::entry(Shard& shard, const std::string& id) {
  auto& slot = shard.groups[id];
  if (slot) return *slot;
  std::weak_ptr<Shard> weak = shard.weak_from_this();
  auto persist = [this, weak, id](const wire::GroupMetadataValue& value, std::function<void(ErrorCode)> done) {
    auto s = weak.lock();
    if (!s || !s->alive) return done(ErrorCode::not_coordinator);
    append(*s,
           {{wire::encode_versioned(wire::GroupMetadataKey{id}, kGroupKeyVersion),
             wire::encode_versioned(value, kGroupValueVersion)}},
           [this, weak, id, done](ErrorCode code) {
             auto shard_now = weak.lock();
             if (!shard_now || !shard_now->alive) return;  // the group was shut, and may be gone
             auto it = shard_now->groups.find(id);
             if (it == shard_now->groups.end()) return;
             done(code);
             after(*shard_now, *it->second);
           });
  };
  slot = std::make_unique<Entry>(
      ClassicGroup(id, options_, runtime_.random(), persist, [this] { return runtime_.wall_now(); }),
      [this, weak, id] {
        auto s = weak.lock();
        if (!s || !s->alive) return;
        auto it = s->groups.find(id);
        if (it == s->groups.end()) return;
        it->second->group.tick(runtime_.now());
        if (it->second->group.unused() && !s->offsets.of(id))
          s->groups.erase(it);
        else
          after(*s, *it->second);
      },
      kept_bytes_);
  return *slot;
}

/// After each step of a group: its timer, and its invariants.
void GroupCoordinator::after(Shard& shard, Entry& e) {
  if (!shard.alive) return;
  e.group.check_invariants();
  e.count();
  MonoTime due = e.group.next_deadline();
  if (due == MonoTime::max())
    runtime_.disarm(e.timer);
  else
    runtime_.arm(e.timer, std::max(due, runtime_.now()));
}

void GroupCoordinator::join(const wire::JoinGroupRequest& request, const MemberContext& context,
                            ClassicGroup::JoinReply reply) {
  auto refuse = [&](ErrorCode code) {
    wire::JoinGroupResponse r;
    r.error_code = code16(code);
    r.member_id = request.member_id;
    r.protocol_name = "";
    reply(std::move(r));
  };
  auto shard = shard_of(request.group_id);
  if (!shard) return refuse(shard.code());
  bool there = (*shard)->groups.contains(request.group_id);
  if (!there && !request.member_id.empty()) return refuse(ErrorCode::unknown_member_id);
  if (*kept_bytes_ > kAllGroupsBytes && bytes_brought(request) > kLittle)
    return refuse(ErrorCode::group_max_size_reached);
  Entry& e = entry(**shard, request.group_id);
  e.group.join(request, context, runtime_.now(), std::move(reply));
  after(**shard, e);
}

void GroupCoordinator::sync(const wire::SyncGroupRequest& request, ClassicGroup::SyncReply reply) {
  auto refuse = [&](ErrorCode code) {
    wire::SyncGroupResponse r;
    r.error_code = code16(code);
    reply(std::move(r));
  };
  auto shard = shard_of(request.group_id);
  // To a member in the middle of a rebalance "loading" means: start over.
  if (!shard)
    return refuse(shard.code() == ErrorCode::coordinator_load_in_progress ? ErrorCode::rebalance_in_progress
                                                                          : shard.code());
  auto it = (*shard)->groups.find(request.group_id);
  if (it == (*shard)->groups.end()) return refuse(ErrorCode::unknown_member_id);
  it->second->group.sync(request, runtime_.now(), std::move(reply));
  after(**shard, *it->second);
}

ErrorCode GroupCoordinator::heartbeat(const wire::HeartbeatRequest& request) {
  auto shard = shard_of(request.group_id);
  // While loading, heartbeats are simply good: the member's session starts anew afterwards.
  if (!shard) return shard.code() == ErrorCode::coordinator_load_in_progress ? ErrorCode::none : shard.code();
  auto it = (*shard)->groups.find(request.group_id);
  if (it == (*shard)->groups.end()) return ErrorCode::unknown_member_id;
  ErrorCode code = it->second->group.heartbeat(request, runtime_.now());
  after(**shard, *it->second);
  return code;
}

wire::LeaveGroupResponse GroupCoordinator::leave(const wire::LeaveGroupRequest& request, int16_t version) {
  wire::LeaveGroupResponse response;
  auto shard = shard_of(request.group_id);
  if (!shard) return response.error_code = code16(shard.code()), response;
  auto it = (*shard)->groups.find(request.group_id);
  auto one = [&](const wire::LeaveGroupRequest::MemberIdentity& m) {
    return it == (*shard)->groups.end() ? ErrorCode::unknown_member_id : it->second->group.leave(m, runtime_.now());
  };
  if (version < 3) {
    response.error_code = code16(one({request.member_id, std::nullopt, std::nullopt}));
  } else {
    for (const auto& m : request.members)
      response.members.push_back({m.member_id, m.group_instance_id, code16(one(m))});
  }
  if (it != (*shard)->groups.end()) after(**shard, *it->second);
  return response;
}

std::optional<std::string> GroupCoordinator::topic_name(const std::string& name, const Uuid& id,
                                                        int16_t version) const {
  if (version < 10) return name;
  const auto* topic = node_->image().topic(id);
  return topic ? std::optional(topic->name) : std::nullopt;
}

void GroupCoordinator::commit(const wire::OffsetCommitRequest& request, int16_t version,
                              std::function<void(wire::OffsetCommitResponse)> reply) {
  auto response = std::make_shared<wire::OffsetCommitResponse>();
  auto shard = shard_of(request.group_id);
  ErrorCode refused = shard.code();
  if (shard) {
    auto it = (*shard)->groups.find(request.group_id);
    if (it != (*shard)->groups.end()) {
      refused = it->second->group.check_commit(request.member_id, request.group_instance_id,
                                               request.generation_id_or_member_epoch, runtime_.now());
      after(**shard, *it->second);
    } else if (request.generation_id_or_member_epoch >= 0) {
      refused = ErrorCode::illegal_generation;
    }
  }
  struct Change {
    TopicPartition tp;
    wire::OffsetCommitValue value;
    size_t topic, slot;
  };
  auto changes = std::make_shared<std::vector<Change>>();
  std::vector<Record> records;
  for (const auto& topic : request.topics) {
    auto& out = response->topics.emplace_back();
    out.name = topic.name;
    out.topic_id = topic.topic_id;
    auto name = topic_name(topic.name, topic.topic_id, version);
    const auto* image = name ? node_->image().topic(*name) : nullptr;
    for (const auto& p : topic.partitions) {
      auto& slot = out.partitions.emplace_back();
      slot.partition_index = p.partition_index;
      ErrorCode code = refused;
      if (code == ErrorCode::none && !name) code = ErrorCode::unknown_topic_id;
      bool exists = image && p.partition_index >= 0 &&
                    static_cast<size_t>(p.partition_index) < image->partitions.size();
      if (code == ErrorCode::none && !exists) code = ErrorCode::unknown_topic_or_partition;
      if (code == ErrorCode::none && p.committed_metadata &&
          p.committed_metadata->size() > static_cast<size_t>(config_.offset_metadata_max_bytes)) {
        code = ErrorCode::offset_metadata_too_large;
      }
      slot.error_code = code16(code);
      if (code != ErrorCode::none) continue;
      wire::OffsetCommitValue value;
      value.offset = p.committed_offset;
      value.leader_epoch = p.committed_leader_epoch;
      value.metadata = p.committed_metadata.value_or("");
      value.commit_timestamp = runtime_.wall_now();
      TopicPartition tp{*name, p.partition_index};
      records.push_back({offset_key(request.group_id, tp), wire::encode_versioned(value, kOffsetValueVersion)});
      changes->push_back({tp, std::move(value), response->topics.size() - 1, out.partitions.size() - 1});
    }
  }
  if (records.empty()) return reply(std::move(*response));
  // A group of offsets alone: it shows in the lists as an empty group.
  entry(**shard, request.group_id);
  std::weak_ptr<Shard> weak = (*shard)->weak_from_this();
  append(**shard, std::move(records),
         [weak, response, changes, group = request.group_id, reply = std::move(reply)](ErrorCode code) {
           auto s = weak.lock();
           for (Change& c : *changes) {
             if (code == ErrorCode::none && s) s->offsets.put(group, c.tp, std::move(c.value));
             response->topics[c.topic].partitions[c.slot].error_code = code16(code);
           }
           reply(std::move(*response));
         });
}

wire::OffsetFetchResponse::OffsetFetchResponseGroup GroupCoordinator::fetch_group(
    const wire::OffsetFetchRequest::OffsetFetchRequestGroup& asked, int16_t version, ErrorCode unconfirmed) {
  wire::OffsetFetchResponse::OffsetFetchResponseGroup out;
  out.group_id = asked.group_id;
  auto shard = shard_of(asked.group_id);
  out.error_code = code16(shard ? unconfirmed : shard.code());
  if (out.error_code != 0) return out;
  auto describe = [](PartitionId partition, const wire::OffsetCommitValue* v) {
    wire::OffsetFetchResponse::OffsetFetchResponsePartitions p;
    p.partition_index = partition;
    p.committed_offset = v ? v->offset : -1;
    p.committed_leader_epoch = v ? v->leader_epoch : -1;
    p.metadata = v ? v->metadata : "";
    return p;
  };
  if (asked.topics) {
    for (const auto& topic : *asked.topics) {
      auto& t = out.topics.emplace_back();
      t.name = topic.name;
      t.topic_id = topic.topic_id;
      auto name = topic_name(topic.name, topic.topic_id, version);
      for (PartitionId p : topic.partition_indexes) {
        t.partitions.push_back(describe(p, name ? (*shard)->offsets.find(asked.group_id, {*name, p}) : nullptr));
        if (!name) t.partitions.back().error_code = code16(ErrorCode::unknown_topic_id);
      }
    }
    return out;
  }
  const OffsetStore::Offsets* all = (*shard)->offsets.of(asked.group_id);
  if (!all) return out;
  for (const auto& [tp, value] : *all) {
    const auto* image = node_->image().topic(tp.topic);
    if (version >= 10 && !image) continue;
    if (out.topics.empty() || out.topics.back().name != tp.topic) {
      auto& t = out.topics.emplace_back();
      t.name = tp.topic;
      if (image) t.topic_id = image->id;
    }
    out.topics.back().partitions.push_back(describe(tp.partition, &value));
  }
  return out;
}

void GroupCoordinator::fetch(const wire::OffsetFetchRequest& request, int16_t version,
                             std::function<void(wire::OffsetFetchResponse)> reply) {
  std::set<std::shared_ptr<Shard>, std::owner_less<std::shared_ptr<Shard>>> seen;
  std::vector<std::shared_ptr<Shard>> shards;  // in the order of the request
  auto add = [&](const std::string& group) {
    auto shard = shard_of(group);
    if (shard && seen.insert((*shard)->shared_from_this()).second) shards.push_back((*shard)->shared_from_this());
  };
  if (version >= 8) {
    for (const auto& g : request.groups) add(g.group_id);
  } else {
    add(request.group_id);
  }
  struct Waiting {
    size_t shards;
    ErrorCode worst = ErrorCode::none;
  };
  auto waiting = std::make_shared<Waiting>(Waiting{shards.size()});
  auto finish = [this, request, version, waiting, reply = std::move(reply)] {
    reply(fetch_now(request, version, waiting->worst));
  };
  if (shards.empty()) return finish();
  for (auto& shard : shards) {
    confirm(shard, [waiting, finish](ErrorCode code) {
      if (code != ErrorCode::none) waiting->worst = code;
      if (--waiting->shards == 0) finish();
    });
  }
}

/// The record is a tombstone of a group that cannot be: readers of the log pass over it. Calls that come while one is
/// on its way share the next.
void GroupCoordinator::confirm(std::shared_ptr<Shard> shard, std::function<void(ErrorCode)> done) {
  shard->to_confirm.push_back(std::move(done));
  if (shard->confirming) return;
  shard->confirming = true;
  auto waiting = std::move(shard->to_confirm);
  shard->to_confirm.clear();
  append(*shard, {{wire::encode_versioned(wire::GroupMetadataKey{kConfirmGroup}, kGroupKeyVersion), std::nullopt}},
         [this, shard, waiting = std::move(waiting)](ErrorCode code) {
           if (shard->closed) return;
           // Alone in the ISR: nobody else can have been elected, and often nothing can be written.
           if (code != ErrorCode::none && shard->alive && shard->partition.leads() &&
               shard->partition.view(runtime_.now()).isr.size() == 1)
             code = ErrorCode::none;
           shard->confirming = false;
           for (const auto& w : waiting) w(code);
           if (shard->to_confirm.empty() || shard->confirming) return;
           if (!shard->alive) {
             for (auto& w : std::exchange(shard->to_confirm, {})) w(ErrorCode::not_coordinator);
             return;
           }
           auto first = std::move(shard->to_confirm.front());
           shard->to_confirm.erase(shard->to_confirm.begin());
           confirm(shard, std::move(first));
         });
}

wire::OffsetFetchResponse GroupCoordinator::fetch_now(const wire::OffsetFetchRequest& request, int16_t version,
                                                      ErrorCode unconfirmed) {
  wire::OffsetFetchResponse response;
  if (version >= 8) {
    std::set<std::string> seen;
    for (const auto& group : request.groups) {
      if (seen.insert(group.group_id).second) response.groups.push_back(fetch_group(group, version, unconfirmed));
    }
    return response;
  }
  // One group, with its topics at the top.
  wire::OffsetFetchRequest::OffsetFetchRequestGroup asked;
  asked.group_id = request.group_id;
  if (request.topics) {
    asked.topics.emplace();
    for (const auto& t : *request.topics) asked.topics->push_back({t.name, {}, t.partition_indexes});
  } else {
    asked.topics = std::nullopt;
  }
  auto group = fetch_group(asked, version, unconfirmed);
  response.error_code = group.error_code;
  if (group.error_code != 0 && request.topics) {
    // Version 1 has no place for an error but the partitions.
    for (const auto& t : *request.topics) {
      auto& out = response.topics.emplace_back();
      out.name = t.name;
      for (PartitionId p : t.partition_indexes) {
        auto& slot = out.partitions.emplace_back();
        slot.partition_index = p;
        slot.committed_offset = -1;
        slot.error_code = group.error_code;
      }
    }
    return response;
  }
  for (auto& t : group.topics) {
    auto& out = response.topics.emplace_back();
    out.name = t.name;
    for (auto& p : t.partitions) {
      out.partitions.push_back(
          {p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata, p.error_code});
    }
  }
  return response;
}

wire::ListGroupsResponse GroupCoordinator::list(const wire::ListGroupsRequest& request) {
  wire::ListGroupsResponse response;
  auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
  };
  auto filter = [&](const std::vector<std::string>& names) {
    std::set<std::string> out;
    for (const std::string& name : names) out.insert(lower(name));
    return out;
  };
  const std::set<std::string> states = filter(request.states_filter), types = filter(request.types_filter);
  auto wanted = [&](const std::set<std::string>& names, const char* value) {
    return names.empty() || names.contains(lower(value));
  };
  for (const auto& [id, shard] : shards_) {
    if (!shard->loaded) {
      response.error_code = code16(ErrorCode::coordinator_load_in_progress);
      continue;
    }
    for (const auto& [name, e] : shard->groups) {
      if (!wanted(states, e->group.state_name()) || !wanted(types, "classic")) continue;
      response.groups.push_back({name, e->group.protocol_type(), e->group.state_name(), "classic"});
    }
  }
  return response;
}

wire::DescribeGroupsResponse GroupCoordinator::describe(const wire::DescribeGroupsRequest& request, int16_t version) {
  wire::DescribeGroupsResponse response;
  for (const std::string& id : distinct(request.groups)) {
    auto& out = response.groups.emplace_back();
    out.group_id = id;
    auto shard = shard_of(id);
    out.error_code = code16(shard.code());
    if (!shard) continue;
    auto it = (*shard)->groups.find(id);
    if (it == (*shard)->groups.end()) {
      out.group_state = "Dead";
      // KIP-1043: from version 6 on an unknown group is an error, before it is a dead one.
      if (version >= 6)
        out.error_code = code16(ErrorCode::group_id_not_found), out.error_message = "Group " + id + " not found.";
      continue;
    }
    const ClassicGroup& g = it->second->group;
    out.group_state = g.state_name();
    out.protocol_type = g.protocol_type();
    bool stable = g.state() == ClassicGroup::State::stable;
    out.protocol_data = stable ? g.protocol().value_or("") : "";
    for (const auto& [mid, m] : g.members()) {
      auto& member = out.members.emplace_back();
      member.member_id = mid;
      member.group_instance_id = m.instance_id;
      member.client_id = m.client_id;
      member.client_host = m.client_host;
      if (stable) member.member_metadata = g.member_metadata(m), member.member_assignment = m.assignment;
    }
  }
  return response;
}

void GroupCoordinator::remove(const wire::DeleteGroupsRequest& request,
                              std::function<void(wire::DeleteGroupsResponse)> reply) {
  auto response = std::make_shared<wire::DeleteGroupsResponse>();
  auto open = std::make_shared<size_t>(1);
  auto finish = [response, open, reply = std::move(reply)] {
    if (--*open == 0) reply(std::move(*response));
  };
  const std::vector<std::string> names = distinct(request.groups_names);
  for (const std::string& id : names) response->results.push_back({id, 0});
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string& id = names[i];
    auto fail = [&](ErrorCode code) { response->results[i].error_code = code16(code); };
    auto shard = shard_of(id);
    if (!shard) {
      fail(shard.code());
      continue;
    }
    auto it = (*shard)->groups.find(id);
    if (it == (*shard)->groups.end()) {
      fail(ErrorCode::group_id_not_found);
      continue;
    }
    if (it->second->group.member_count() > 0) {
      fail(ErrorCode::non_empty_group);
      continue;
    }
    std::vector<Record> records;
    if (const auto* offsets = (*shard)->offsets.of(id)) {
      for (const auto& [tp, value] : *offsets) records.push_back({offset_key(id, tp), std::nullopt});
    }
    records.push_back({wire::encode_versioned(wire::GroupMetadataKey{id}, kGroupKeyVersion), std::nullopt});
    ++*open;
    std::weak_ptr<Shard> weak = (*shard)->weak_from_this();
    append(**shard, std::move(records), [weak, id, i, response, finish](ErrorCode code) {
      response->results[i].error_code = code16(code);
      auto s = weak.lock();
      if (code == ErrorCode::none && s) {
        if (const auto* offsets = s->offsets.of(id)) {
          auto copy = *offsets;
          for (const auto& [tp, value] : copy) s->offsets.erase(id, tp);
        }
        auto gone = s->groups.find(id);
        if (gone != s->groups.end() && gone->second->group.member_count() == 0) s->groups.erase(gone);
      }
      finish();
    });
  }
  finish();
}

void GroupCoordinator::remove_offsets(const wire::OffsetDeleteRequest& request,
                                      std::function<void(wire::OffsetDeleteResponse)> reply) {
  auto response = std::make_shared<wire::OffsetDeleteResponse>();
  auto shard = shard_of(request.group_id);
  auto group = shard ? (*shard)->groups.find(request.group_id) : decltype((*shard)->groups.begin()){};
  if (!shard || group == (*shard)->groups.end()) {
    response->error_code = code16(shard ? ErrorCode::group_id_not_found : shard.code());
    return reply(std::move(*response));
  }
  std::vector<Record> records;
  auto removed = std::make_shared<std::vector<TopicPartition>>();
  const std::set<std::string> subscriptions = group->second->group.subscriptions();
  for (const auto& topic : request.topics) {
    auto& out = response->topics.emplace_back();
    out.name = topic.name;
    bool subscribed = subscriptions.contains(topic.name);
    for (const auto& p : topic.partitions) {
      out.partitions.push_back(
          {p.partition_index, code16(subscribed ? ErrorCode::group_subscribed_to_topic : ErrorCode::none)});
      TopicPartition tp{topic.name, p.partition_index};
      if (subscribed || !(*shard)->offsets.find(request.group_id, tp)) continue;
      records.push_back({offset_key(request.group_id, tp), std::nullopt});
      removed->push_back(tp);
    }
  }
  if (records.empty()) return reply(std::move(*response));
  std::weak_ptr<Shard> weak = (*shard)->weak_from_this();
  append(**shard, std::move(records),
         [weak, removed, response, id = request.group_id, reply = std::move(reply)](ErrorCode code) {
           response->error_code = code16(code);
           if (auto s = weak.lock(); s && code == ErrorCode::none) {
             for (const TopicPartition& tp : *removed) s->offsets.erase(id, tp);
           }
           reply(std::move(*response));
         });
}

namespace {

/// The partitions that the group's leader gave to a member; what is no consumer's assignment is not ours to read.
std::vector<TopicPartition> assigned_to(const ClassicGroup::Member& member, const GroupView& group) {
  std::vector<TopicPartition> out;
  if (group.protocol_type != "consumer" || member.assignment.empty()) return out;
  auto assignment = wire::decode_versioned<wire::ConsumerProtocolAssignment>(member.assignment);
  if (!assignment) return out;
  for (const auto& topic : assignment->assigned_partitions) {
    for (int32_t partition : topic.partitions) out.push_back({topic.topic, partition});
  }
  return out;
}

}  // namespace

std::vector<GroupView> GroupCoordinator::view() const {
  std::vector<GroupView> out;
  for (const auto& [pid, shard] : shards_) {
    for (const auto& [id, e] : shard->groups) {
      GroupView v;
      v.id = id;
      v.state = e->group.state_name();
      v.protocol_type = e->group.protocol_type();
      v.protocol = e->group.protocol().value_or("");
      v.generation = e->group.generation();
      for (const auto& [mid, m] : e->group.members())
        v.members.push_back({mid, m.client_id, m.client_host, m.instance_id, assigned_to(m, v)});
      if (const auto* offsets = shard->offsets.of(id)) {
        for (const auto& [tp, value] : *offsets) v.offsets.push_back({tp, value.offset});
      }
      out.push_back(std::move(v));
    }
  }
  return out;
}

}  // namespace weir::broker
