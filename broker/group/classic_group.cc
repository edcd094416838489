#include "broker/group/classic_group.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/uuid.h"
#include "base/wire/codec.h"
#include "base/wire/messages/consumer_protocol_subscription.h"

namespace weir::broker {
namespace {

int16_t code_of(ErrorCode c) { return static_cast<int16_t>(c); }

wire::JoinGroupResponse join_error(ErrorCode code, std::string member_id) {
  wire::JoinGroupResponse r;
  r.error_code = code_of(code);
  r.member_id = std::move(member_id);
  r.protocol_name = "";  // null only from version 7 on; empty is read as none by all
  return r;
}

wire::SyncGroupResponse sync_error(ErrorCode code) {
  wire::SyncGroupResponse r;
  r.error_code = code_of(code);
  return r;
}

// A member's place in the maps, its names aside.
constexpr size_t kMemberBytes = 512;

size_t bytes_of(const std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol>& protocols) {
  size_t n = 0;
  for (const auto& p : protocols) n += sizeof p + p.name.size() + p.metadata.size();
  return n;
}

size_t bytes_of(const ClassicGroup::Member& m) {
  return kMemberBytes + m.id.size() + m.client_id.size() + bytes_of(m.protocols) + m.assignment.size();
}

bool same_protocols(const std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol>& a,
                    const std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol>& b) {
  return a == b;
}

}  // namespace

const char* ClassicGroup::state_name() const {
  switch (state_) {
    case State::empty:
      return "Empty";
    case State::preparing_rebalance:
      return "PreparingRebalance";
    case State::completing_rebalance:
      return "CompletingRebalance";
    case State::stable:
      return "Stable";
    case State::dead:
      return "Dead";
  }
  return "Dead";
}

void ClassicGroup::restore(const wire::GroupMetadataValue& value, MonoTime now) {
  members_.clear();
  static_members_.clear();
  protocol_type_ = value.protocol_type;
  generation_ = value.generation;
  protocol_ = value.protocol;
  leader_ = value.leader;
  for (const auto& v : value.members) {
    Member m;
    m.id = v.member_id;
    m.instance_id = v.group_instance_id;
    m.client_id = v.client_id;
    m.client_host = v.client_host;
    m.session_timeout = std::chrono::milliseconds(v.session_timeout);
    m.rebalance_timeout = std::chrono::milliseconds(v.rebalance_timeout < 0 ? v.session_timeout : v.rebalance_timeout);
    m.protocols.push_back({value.protocol.value_or(""), v.subscription});
    m.assignment = v.assignment;
    touch(m, now);
    if (m.instance_id) static_members_[*m.instance_id] = m.id;
    members_[m.id] = std::move(m);
  }
  state_ = members_.empty() ? State::empty : State::stable;
  state_since_ = value.current_state_timestamp;
}

wire::GroupMetadataValue ClassicGroup::metadata() const {
  wire::GroupMetadataValue v;
  v.protocol_type = protocol_type_;
  v.generation = generation_;
  v.protocol = protocol_;
  v.leader = leader_;
  v.current_state_timestamp = wall_now_();
  for (const auto& [id, m] : members_) {
    wire::GroupMetadataValue::MemberMetadata out;
    out.member_id = id;
    out.group_instance_id = m.instance_id;
    out.client_id = m.client_id;
    out.client_host = m.client_host;
    out.rebalance_timeout = static_cast<int32_t>(m.rebalance_timeout.count() / 1'000'000);
    out.session_timeout = static_cast<int32_t>(m.session_timeout.count() / 1'000'000);
    out.subscription = member_metadata(m);
    out.assignment = m.assignment;
    v.members.push_back(std::move(out));
  }
  return v;
}

std::vector<uint8_t> ClassicGroup::member_metadata(const Member& m) const {
  for (const auto& p : m.protocols) {
    if (protocol_ && p.name == *protocol_) return p.metadata;
  }
  return {};
}

std::set<std::string> ClassicGroup::subscriptions() const {
  std::set<std::string> topics;
  if (protocol_type_ != "consumer") return topics;
  for (const auto& [id, m] : members_) {
    for (const auto& p : m.protocols) {
      auto s = wire::decode_versioned<wire::ConsumerProtocolSubscription>(p.metadata);
      if (s) topics.insert(s->topics.begin(), s->topics.end());
    }
  }
  return topics;
}

ErrorCode ClassicGroup::check_member(const std::string& member_id,
                                     const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    auto it = static_members_.find(*instance_id);
    if (it == static_members_.end()) return ErrorCode::unknown_member_id;
    if (it->second != member_id) return ErrorCode::fenced_instance_id;
  }
  return members_.contains(member_id) ? ErrorCode::none : ErrorCode::unknown_member_id;
}

size_t ClassicGroup::kept_bytes() const {
  size_t n = 0;
  for (const auto& [id, m] : members_) n += bytes_of(m);
  for (const auto& [id, until] : pending_members_) n += kMemberBytes + id.size();
  return n;
}

/// Kafka bounds a group by the size of its record in the end, and fails the round of everybody then; here the one who
/// brings too much is told.
ErrorCode ClassicGroup::check_room(const wire::JoinGroupRequest& request, const MemberContext& context) const {
  if (request.protocols.size() > options_.protocols_max) return ErrorCode::invalid_request;
  const size_t brought = bytes_of(request.protocols);
  if (brought > options_.member_bytes_max) return ErrorCode::message_too_large;
  auto it = members_.find(request.member_id);
  const bool known = it != members_.end() || pending_members_.contains(request.member_id);
  if (!known && members_.size() + pending_members_.size() >= options_.members_max)
    return ErrorCode::group_max_size_reached;
  const size_t others = kept_bytes() - (it != members_.end() ? bytes_of(it->second) : 0);
  return others + kMemberBytes + context.client_id.size() + brought > options_.group_bytes_max
             ? ErrorCode::group_max_size_reached
             : ErrorCode::none;
}

bool ClassicGroup::accepts_protocols(const wire::JoinGroupRequest& request, const std::string& without) const {
  if (request.protocol_type.empty() || request.protocols.empty()) return false;
  size_t others = members_.size() - (members_.contains(without) ? 1 : 0);
  if (others == 0) return true;
  if (request.protocol_type != protocol_type_) return false;
  return std::any_of(request.protocols.begin(), request.protocols.end(), [&](const auto& p) {
    return std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
      const Member& m = entry.second;
      return m.id == without ||
             std::any_of(m.protocols.begin(), m.protocols.end(), [&](const auto& q) { return q.name == p.name; });
    });
  });
}

void ClassicGroup::join(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now,
                        JoinReply reply) {
  auto refuse = [&](ErrorCode code) { reply(join_error(code, request.member_id)); };
  Duration session = std::chrono::milliseconds(request.session_timeout_ms);
  if (state_ == State::dead) return refuse(ErrorCode::coordinator_not_available);
  if (session < options_.session_timeout_min || session > options_.session_timeout_max)
    return refuse(ErrorCode::invalid_session_timeout);
  if (ErrorCode code = check_room(request, context); code != ErrorCode::none) return refuse(code);
  if (!accepts_protocols(request, request.member_id)) return refuse(ErrorCode::inconsistent_group_protocol);
  if (request.member_id.empty())
    join_new(request, context, now, std::move(reply));
  else
    join_known(request, context, now, std::move(reply));
}

void ClassicGroup::join_new(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now,
                            JoinReply reply) {
  std::string unique = Uuid::from_random(random_.next(), random_.next()).to_string();
  if (request.group_instance_id) {
    auto it = static_members_.find(*request.group_instance_id);
    if (it != static_members_.end()) return join_static(request, context, it->second, now, std::move(reply));
    return add_member(*request.group_instance_id + "-" + unique, request, context, now, std::move(reply));
  }
  std::string id = (context.client_id.empty() ? "member" : context.client_id) + "-" + unique;
  if (context.api_version >= 4) {
    // KIP-394: the id first, so that a client that gives up does not leave a member behind. Older clients cannot read
    // this answer.
    pending_members_[id] = now + std::chrono::milliseconds(request.session_timeout_ms);
    return reply(join_error(ErrorCode::member_id_required, id));
  }
  add_member(id, request, context, now, std::move(reply));
}

/// KIP-345: a static member comes back under a new id; when nothing it brings has changed, the group goes on without a
/// rebalance.
void ClassicGroup::join_static(const wire::JoinGroupRequest& request, const MemberContext& context,
                               const std::string& old_id, MonoTime now, JoinReply reply) {
  std::string id = *request.group_instance_id + "-" + Uuid::from_random(random_.next(), random_.next()).to_string();
  Member m = std::move(members_.at(old_id));
  members_.erase(old_id);
  if (m.join_reply) std::exchange(m.join_reply, nullptr)(join_error(ErrorCode::fenced_instance_id, old_id));
  if (m.sync_reply) std::exchange(m.sync_reply, nullptr)(sync_error(ErrorCode::fenced_instance_id));
  pending_sync_.erase(old_id);
  bool same = same_protocols(m.protocols, request.protocols);
  bool was_leader = leader_ == old_id;
  m.id = id;
  static_members_[*request.group_instance_id] = id;
  if (was_leader) leader_ = id;
  Member& kept = members_[id] = std::move(m);
  touch(kept, now);
  if (state_ == State::stable) {
    // Only what the chosen protocol says matters for the assignment.
    std::vector<uint8_t> before = member_metadata(kept);
    update_member(kept, request, context, nullptr);
    if (same || (member_metadata(kept) == before && select_protocol() == protocol_)) {
      persist_(metadata(), [](ErrorCode) {});
      wire::JoinGroupResponse r = current_round(kept);
      if (was_leader && context.api_version >= 9) {
        r.skip_assignment = true;  // KIP-814: the returning leader gets the members and assigns nothing
        for (const auto& [mid, other] : members_) r.members.push_back({mid, other.instance_id, member_metadata(other)});
      } else if (was_leader) {
        r.leader = old_id;  // an older leader must not assign: tell it that it follows
      }
      return reply(std::move(r));
    }
    kept.join_reply = std::move(reply);
    kept.join_version = context.api_version;
    return prepare_rebalance(now);
  }
  update_member(kept, request, context, std::move(reply));
  if (state_ == State::completing_rebalance || state_ == State::empty)
    prepare_rebalance(now);
  else
    maybe_complete_join(now);
}

void ClassicGroup::join_known(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now,
                              JoinReply reply) {
  if (pending_members_.erase(request.member_id) > 0)
    return add_member(request.member_id, request, context, now, std::move(reply));
  ErrorCode code = check_member(request.member_id, request.group_instance_id);
  if (code != ErrorCode::none) return reply(join_error(code, request.member_id));
  Member& m = members_.at(request.member_id);
  touch(m, now);
  bool changed = !same_protocols(m.protocols, request.protocols);
  bool rejoin_only = (state_ == State::completing_rebalance && !changed) ||
                     (state_ == State::stable && !changed && leader_ != m.id);
  if (rejoin_only) return reply(current_round(m));  // its last answer was lost, or it asks without need
  update_member(m, request, context, std::move(reply));
  if (state_ == State::preparing_rebalance)
    maybe_complete_join(now);
  else
    prepare_rebalance(now);
}

void ClassicGroup::add_member(const std::string& id, const wire::JoinGroupRequest& request,
                              const MemberContext& context, MonoTime now, JoinReply reply) {
  if (members_.empty()) protocol_type_ = request.protocol_type;
  Member& m = members_[id];
  m.id = id;
  m.instance_id = request.group_instance_id;
  if (m.instance_id) static_members_[*m.instance_id] = id;
  update_member(m, request, context, std::move(reply));
  touch(m, now);
  if (state_ == State::preparing_rebalance) {
    // The group is new and waits for company: one more member prolongs it.
    if (initial_hold_) initial_hold_until_ = std::min(now + options_.initial_rebalance_delay, initial_hold_max_);
    return maybe_complete_join(now);
  }
  prepare_rebalance(now);
}

void ClassicGroup::update_member(Member& m, const wire::JoinGroupRequest& request, const MemberContext& context,
                                 JoinReply reply) {
  m.client_id = context.client_id;
  m.client_host = context.client_host;
  m.session_timeout = std::chrono::milliseconds(request.session_timeout_ms);
  m.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms < 0 ? request.session_timeout_ms
                                                                                   : request.rebalance_timeout_ms);
  m.protocols = request.protocols;
  if (m.join_reply) m.join_reply(join_error(ErrorCode::unknown_member_id, m.id));  // an older try of the same member
  m.join_reply = std::move(reply);
  m.join_version = context.api_version;
}

void ClassicGroup::remove_member(const std::string& id, ErrorCode tell, MonoTime now) {
  auto it = members_.find(id);
  if (it == members_.end()) return;
  Member m = std::move(it->second);
  members_.erase(it);
  pending_sync_.erase(id);
  if (m.instance_id) {
    auto s = static_members_.find(*m.instance_id);
    if (s != static_members_.end() && s->second == id) static_members_.erase(s);
  }
  if (m.join_reply) m.join_reply(join_error(tell, id));
  if (m.sync_reply) m.sync_reply(sync_error(tell));
  if (leader_ == id) leader_ = members_.empty() ? std::nullopt : std::optional(members_.begin()->first);
  if (state_ == State::stable || state_ == State::completing_rebalance)
    prepare_rebalance(now);
  else if (state_ == State::preparing_rebalance)
    maybe_complete_join(now);
}

void ClassicGroup::prepare_rebalance(MonoTime now) {
  if (state_ == State::completing_rebalance) fail_syncs(ErrorCode::rebalance_in_progress);
  Duration longest{0};
  for (const auto& [id, m] : members_) longest = std::max(longest, m.rebalance_timeout);
  initial_hold_ = state_ == State::empty && options_.initial_rebalance_delay > Duration{0};
  if (initial_hold_) {
    initial_hold_max_ = now + longest;
    initial_hold_until_ = std::min(now + options_.initial_rebalance_delay, initial_hold_max_);
  }
  set_state(State::preparing_rebalance);
  pending_sync_.clear();
  round_deadline_ = now + longest;
  maybe_complete_join(now);
}

void ClassicGroup::maybe_complete_join(MonoTime now) {
  if (state_ != State::preparing_rebalance) return;
  if (initial_hold_ && now < initial_hold_until_ && !members_.empty()) return;
  bool all = pending_members_.empty() &&
             std::all_of(members_.begin(), members_.end(), [](const auto& e) { return e.second.awaiting_join(); });
  if (all || now >= round_deadline_) complete_join(now);
}

void ClassicGroup::complete_join(MonoTime now) {
  initial_hold_ = false;
  // Who did not come back in time is out; static members stay until their session ends.
  std::vector<std::string> absent;
  for (auto& [id, m] : members_) {
    if (!m.awaiting_join() && !m.instance_id) absent.push_back(id);
  }
  for (const std::string& id : absent) {
    if (leader_ == id) leader_ = std::nullopt;
    members_.erase(id);
  }
  ++generation_;
  if (members_.empty()) {
    protocol_ = std::nullopt;
    leader_ = std::nullopt;
    round_deadline_ = MonoTime::max();
    set_state(State::empty);
    persist_(metadata(), [](ErrorCode) {});
    return;
  }
  bool leader_here = leader_ && members_.contains(*leader_) && members_.at(*leader_).awaiting_join();
  if (!leader_here) {
    auto it = std::find_if(members_.begin(), members_.end(), [](const auto& e) { return e.second.awaiting_join(); });
    if (it == members_.end()) {  // only static members, all away: wait on
      round_deadline_ = now + members_.begin()->second.rebalance_timeout;
      --generation_;
      return;
    }
    leader_ = it->first;
  }
  protocol_ = select_protocol();
  set_state(State::completing_rebalance);
  Duration longest{0};
  pending_sync_.clear();
  for (auto& [id, m] : members_) {
    longest = std::max(longest, m.rebalance_timeout);
    pending_sync_.insert(id);
  }
  round_deadline_ = now + longest;
  for (auto& [id, m] : members_) {
    if (m.awaiting_join()) answer_join(m, now);
  }
}

std::string ClassicGroup::select_protocol() const {
  std::map<std::string, int> votes;
  std::vector<std::string> common;
  for (const auto& p : members_.begin()->second.protocols) {
    bool all = std::all_of(members_.begin(), members_.end(), [&](const auto& e) {
      return std::any_of(e.second.protocols.begin(), e.second.protocols.end(),
                         [&](const auto& q) { return q.name == p.name; });
    });
    if (all) common.push_back(p.name);
  }
  CHECK(!common.empty(), "members without a common protocol were let in", id_);
  for (const auto& [id, m] : members_) {
    for (const auto& p : m.protocols) {
      if (std::find(common.begin(), common.end(), p.name) == common.end()) continue;
      ++votes[p.name];
      break;
    }
  }
  std::string best = common.front();
  for (const std::string& name : common) {
    if (votes[name] > votes[best]) best = name;
  }
  return best;
}

wire::JoinGroupResponse ClassicGroup::current_round(const Member& m) const {
  wire::JoinGroupResponse r;
  r.generation_id = generation_;
  r.protocol_type = protocol_type_;
  r.protocol_name = protocol_;
  r.leader = leader_.value_or("");
  r.member_id = m.id;
  if (state_ == State::completing_rebalance && leader_ == m.id) {
    for (const auto& [id, other] : members_) r.members.push_back({id, other.instance_id, member_metadata(other)});
  }
  return r;
}

void ClassicGroup::answer_join(Member& m, MonoTime now) {
  touch(m, now);
  auto reply = std::exchange(m.join_reply, nullptr);
  reply(current_round(m));
}

void ClassicGroup::sync(const wire::SyncGroupRequest& request, MonoTime now, SyncReply reply) {
  auto refuse = [&](ErrorCode code) { reply(sync_error(code)); };
  if (state_ == State::dead) return refuse(ErrorCode::coordinator_not_available);
  ErrorCode code = check_member(request.member_id, request.group_instance_id);
  if (code != ErrorCode::none) return refuse(code);
  if (request.generation_id != generation_) return refuse(ErrorCode::illegal_generation);
  if ((request.protocol_type && *request.protocol_type != protocol_type_) ||
      (request.protocol_name && request.protocol_name != protocol_)) {
    return refuse(ErrorCode::inconsistent_group_protocol);
  }
  size_t assigned = 0;
  for (const auto& a : request.assignments) {
    if (a.assignment.size() > options_.member_bytes_max) return refuse(ErrorCode::message_too_large);
    assigned += a.assignment.size();
  }
  if (assigned > options_.group_bytes_max) return refuse(ErrorCode::message_too_large);
  Member& m = members_.at(request.member_id);
  switch (state_) {
    case State::empty:
    case State::dead:
      return refuse(ErrorCode::unknown_member_id);
    case State::preparing_rebalance:
      return refuse(ErrorCode::rebalance_in_progress);
    case State::stable:
      touch(m, now);
      m.sync_reply = std::move(reply);
      return answer_sync(m);
    case State::completing_rebalance:
      break;
  }
  touch(m, now);
  pending_sync_.erase(m.id);
  if (m.sync_reply) m.sync_reply(sync_error(ErrorCode::rebalance_in_progress));
  m.sync_reply = std::move(reply);
  if (leader_ != m.id || persisting_) return;
  for (auto& [id, other] : members_) other.assignment.clear();
  for (const auto& a : request.assignments) {
    auto it = members_.find(a.member_id);
    if (it != members_.end()) it->second.assignment = a.assignment;
  }
  persisting_ = true;
  persist_(metadata(),
           [this, generation = generation_, now](ErrorCode result) { assignments_committed(generation, result, now); });
}

void ClassicGroup::assignments_committed(int32_t generation, ErrorCode code, MonoTime now) {
  persisting_ = false;
  if (state_ != State::completing_rebalance || generation != generation_) return;  // a newer round is on
  if (code != ErrorCode::none) {
    for (auto& [id, m] : members_) m.assignment.clear();
    return prepare_rebalance(now);
  }
  set_state(State::stable);
  // Members that have not synced yet find their assignment when they do; the round's deadline goes on for them.
  if (pending_sync_.empty()) round_deadline_ = MonoTime::max();
  for (auto& [id, m] : members_) {
    if (m.sync_reply) answer_sync(m);
  }
}

void ClassicGroup::answer_sync(Member& m) {
  wire::SyncGroupResponse r;
  r.protocol_type = protocol_type_;
  r.protocol_name = protocol_;
  r.assignment = m.assignment;
  pending_sync_.erase(m.id);
  if (state_ == State::stable && pending_sync_.empty()) round_deadline_ = MonoTime::max();
  std::exchange(m.sync_reply, nullptr)(std::move(r));
}

void ClassicGroup::fail_syncs(ErrorCode code) {
  for (auto& [id, m] : members_) {
    if (m.sync_reply) std::exchange(m.sync_reply, nullptr)(sync_error(code));
  }
}

ErrorCode ClassicGroup::heartbeat(const wire::HeartbeatRequest& request, MonoTime now) {
  if (state_ == State::dead) return ErrorCode::coordinator_not_available;
  ErrorCode code = check_member(request.member_id, request.group_instance_id);
  if (code != ErrorCode::none) return code;
  if (state_ == State::empty) return ErrorCode::unknown_member_id;
  if (request.generation_id != generation_) return ErrorCode::illegal_generation;
  touch(members_.at(request.member_id), now);
  return state_ == State::preparing_rebalance ? ErrorCode::rebalance_in_progress : ErrorCode::none;
}

ErrorCode ClassicGroup::leave(const wire::LeaveGroupRequest::MemberIdentity& member, MonoTime now) {
  std::string id = member.member_id;
  if (member.group_instance_id) {
    auto it = static_members_.find(*member.group_instance_id);
    if (it == static_members_.end()) return ErrorCode::unknown_member_id;
    // An administrator removes a static member by its instance id alone.
    if (!id.empty() && it->second != id) return ErrorCode::fenced_instance_id;
    id = it->second;
  } else if (pending_members_.erase(id) > 0) {
    maybe_complete_join(now);
    return ErrorCode::none;
  }
  if (!members_.contains(id)) return ErrorCode::unknown_member_id;
  remove_member(id, ErrorCode::unknown_member_id, now);
  return ErrorCode::none;
}

ErrorCode ClassicGroup::check_commit(const std::string& member_id, const std::optional<std::string>& instance_id,
                                     int32_t generation, MonoTime now) {
  if (state_ == State::dead) return ErrorCode::coordinator_not_available;
  if (generation < 0 && state_ == State::empty) return ErrorCode::none;
  if (generation < 0 && member_id.empty() && !instance_id) return ErrorCode::unknown_member_id;
  ErrorCode code = check_member(member_id, instance_id);
  if (code != ErrorCode::none) return code;
  if (generation != generation_) return ErrorCode::illegal_generation;
  touch(members_.at(member_id), now);
  return state_ == State::completing_rebalance ? ErrorCode::rebalance_in_progress : ErrorCode::none;
}

void ClassicGroup::tick(MonoTime now) {
  std::erase_if(pending_members_, [&](const auto& e) { return e.second <= now; });
  std::vector<std::string> expired;
  for (const auto& [id, m] : members_) {
    // Who waits for our answer is alive as long as the connection is.
    if (m.session_deadline <= now && !m.join_reply && !m.sync_reply) expired.push_back(id);
  }
  for (const std::string& id : expired) remove_member(id, ErrorCode::unknown_member_id, now);
  if (state_ == State::preparing_rebalance) maybe_complete_join(now);
  if (round_deadline_ <= now && (state_ == State::completing_rebalance || state_ == State::stable) &&
      !pending_sync_.empty()) {
    auto silent = std::move(pending_sync_);
    pending_sync_.clear();
    for (const std::string& id : silent) remove_member(id, ErrorCode::unknown_member_id, now);
  }
}

MonoTime ClassicGroup::next_deadline() const {
  MonoTime due = MonoTime::max();
  for (const auto& [id, until] : pending_members_) due = std::min(due, until);
  for (const auto& [id, m] : members_) {
    if (!m.join_reply && !m.sync_reply) due = std::min(due, m.session_deadline);
  }
  if (state_ == State::preparing_rebalance) {
    due = std::min(due, round_deadline_);
    if (initial_hold_) due = std::min(due, initial_hold_until_);
  } else if (!pending_sync_.empty()) {
    due = std::min(due, round_deadline_);
  }
  return due;
}

void ClassicGroup::shut(ErrorCode code) {
  state_ = State::dead;
  for (auto& [id, m] : members_) {
    if (m.join_reply) std::exchange(m.join_reply, nullptr)(join_error(code, id));
    if (m.sync_reply) std::exchange(m.sync_reply, nullptr)(sync_error(code));
  }
}

void ClassicGroup::check_invariants() const {
  for (const auto& [instance, id] : static_members_)
    CHECK(members_.contains(id), "static member without a member", instance, id);
  for (const std::string& id : pending_sync_) CHECK(members_.contains(id), "sync awaited from no member", id);
  CHECK(!leader_ || members_.contains(*leader_) || members_.empty(), "the leader is no member", leader_.value_or(""));
  CHECK(state_ != State::stable || !members_.empty(), "a stable group has members", id_);
}

}  // namespace weir::broker
