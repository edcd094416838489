#pragma once
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/util/rng.h"
#include "base/util/types.h"
#include "base/wire/messages/heartbeat.h"
#include "base/wire/messages/join_group.h"
#include "base/wire/messages/leave_group.h"
#include "base/wire/messages/sync_group.h"
#include "base/wire/records/group_metadata_value.h"

namespace weir::broker {

struct GroupOptions {
  Duration session_timeout_min{6'000'000'000}, session_timeout_max{1'800'000'000'000};
  Duration initial_rebalance_delay{3'000'000'000};
  size_t members_max = INT32_MAX;
  size_t protocols_max = 100;         // that one member knows
  size_t member_bytes_max = 1 << 20;  // metadata of one member's protocols; its assignment
  size_t group_bytes_max = 16 << 20;  // what a group keeps of all its members (kept_bytes)
};

/// Who asks.
struct MemberContext {
  int16_t api_version = 0;
  std::string client_id, client_host;
};

/// One group of the classic protocol: members, generations, the two rounds of a rebalance (join, sync), static
/// membership (KIP-345), MEMBER_ID_REQUIRED (KIP-394). A state machine without I/O: time comes in, answers leave
/// through the callbacks that came with the requests, `persist` is asked for when the group's metadata must be written.
/// Kafka: group-coordinator, ClassicGroup and GroupMetadataManager.
class ClassicGroup {
 public:
  enum class State : uint8_t { empty, preparing_rebalance, completing_rebalance, stable, dead };
  using JoinReply = std::function<void(wire::JoinGroupResponse)>;
  using SyncReply = std::function<void(wire::SyncGroupResponse)>;
  /// Writes the value; `done(code)` when committed.
  using Persist = std::function<void(const wire::GroupMetadataValue&, std::function<void(ErrorCode)> done)>;

  ClassicGroup(std::string id, const GroupOptions& options, Random& random, Persist persist,
               std::function<WallMillis()> wall_now)
      : id_(std::move(id)),
        options_(options),
        random_(random),
        persist_(std::move(persist)),
        wall_now_(std::move(wall_now)) {}

  /// From its record after a change of coordinator: members get a full session to come back.
  void restore(const wire::GroupMetadataValue& value, MonoTime now);
  wire::GroupMetadataValue metadata() const;

  void join(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now, JoinReply reply);
  void sync(const wire::SyncGroupRequest& request, MonoTime now, SyncReply reply);
  ErrorCode heartbeat(const wire::HeartbeatRequest& request, MonoTime now);
  ErrorCode leave(const wire::LeaveGroupRequest::MemberIdentity& member, MonoTime now);
  /// Whether a commit of this member and generation is allowed; counts as a heartbeat. generation -1 with an empty
  /// group: a consumer without group management.
  ErrorCode check_commit(const std::string& member_id, const std::optional<std::string>& instance_id,
                         int32_t generation, MonoTime now);

  /// Expires members and rounds. Call at next_deadline().
  void tick(MonoTime now);
  MonoTime next_deadline() const;
  /// The coordinator moved: everything that waits is answered with `code`.
  void shut(ErrorCode code);

  const std::string& id() const { return id_; }
  State state() const { return state_; }
  const char* state_name() const;
  int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol() const { return protocol_; }
  size_t member_count() const { return members_.size(); }
  /// Memory that its members take, those that have been given an id only included.
  size_t kept_bytes() const;
  /// Nobody ever was in it.
  bool unused() const { return generation_ == 0 && members_.empty() && pending_members_.empty(); }
  /// Since when it is empty: offsets expire from then on.
  WallMillis state_since() const { return state_since_; }
  /// Topics that its members subscribe to, when they are consumers (OffsetDelete).
  std::set<std::string> subscriptions() const;

  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    Duration session_timeout{0}, rebalance_timeout{0};
    std::vector<wire::JoinGroupRequest::JoinGroupRequestProtocol> protocols;
    std::vector<uint8_t> assignment;
    MonoTime session_deadline;
    JoinReply join_reply;
    SyncReply sync_reply;
    int16_t join_version = 0;
    bool awaiting_join() const { return static_cast<bool>(join_reply); }
  };
  const std::map<std::string, Member>& members() const { return members_; }
  std::vector<uint8_t> member_metadata(const Member& m) const;
  void check_invariants() const;

 private:
  void join_new(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now, JoinReply reply);
  void join_static(const wire::JoinGroupRequest& request, const MemberContext& context, const std::string& old_id,
                   MonoTime now, JoinReply reply);
  void join_known(const wire::JoinGroupRequest& request, const MemberContext& context, MonoTime now, JoinReply reply);
  void add_member(const std::string& id, const wire::JoinGroupRequest& request, const MemberContext& context,
                  MonoTime now, JoinReply reply);
  void update_member(Member& m, const wire::JoinGroupRequest& request, const MemberContext& context, JoinReply reply);
  void remove_member(const std::string& id, ErrorCode tell, MonoTime now);
  ErrorCode check_room(const wire::JoinGroupRequest& request, const MemberContext& context) const;
  bool accepts_protocols(const wire::JoinGroupRequest& request, const std::string& without) const;
  void prepare_rebalance(MonoTime now);
  void maybe_complete_join(MonoTime now);
  void complete_join(MonoTime now);
  void assignments_committed(int32_t generation, ErrorCode code, MonoTime now);
  void answer_join(Member& m, MonoTime now);
  wire::JoinGroupResponse current_round(const Member& m) const;
  void answer_sync(Member& m);
  void fail_syncs(ErrorCode code);
  std::string select_protocol() const;
  void touch(Member& m, MonoTime now) { m.session_deadline = now + m.session_timeout; }
  void set_state(State s) { state_ = s, state_since_ = wall_now_(); }
  ErrorCode check_member(const std::string& member_id, const std::optional<std::string>& instance_id) const;

  std::string id_;
  const GroupOptions& options_;
  Random& random_;
  Persist persist_;
  std::function<WallMillis()> wall_now_;

  State state_ = State::empty;
  WallMillis state_since_ = 0;
  std::string protocol_type_;
  int32_t generation_ = 0;
  std::optional<std::string> protocol_, leader_;
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_members_;  // instance id → member id
  std::map<std::string, MonoTime> pending_members_;    // ids handed out (KIP-394) → until when
  std::set<std::string> pending_sync_;
  MonoTime round_deadline_ = MonoTime::max();  // of the join or the sync round
  MonoTime initial_hold_until_;                // a new group waits for more members
  MonoTime initial_hold_max_ = MonoTime::max();
  bool initial_hold_ = false;
  bool persisting_ = false;
};

}  // namespace weir::broker
