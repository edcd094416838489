#pragma once
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "replication/metadata/image.h"
#include "replication/silence.h"

namespace weir::replication {

/// What the active controller knows of the brokers beside the log: when each was heard of. Not replicated; a new
/// controller starts with a full session for all.
///
/// A broker that sends no heartbeat for the session timeout is lost. Before that it is silent: at half of what is usual
/// for it (SilenceLimit) it is asked a direct question, and when it leaves that unanswered until its limit too it is
/// set aside: it leaves the ISRs of what others lead, so that their writes go on, and keeps what it leads. So a stall
/// of a second moves no leader, and a heartbeat that waits for a slow disk costs nothing.
class BrokerSessions {
 public:
  struct Session {
    MonoTime last_contact;               // heartbeat or registration
    MonoTime last_heard;                 // or an answer
    std::optional<MonoTime> aside_at;    // asked: when it is set aside unless it is heard of before
    bool aside = false;                  // it was, and has not been heard of since
    MonoTime lost_at = MonoTime::max();  // suspected: when it is lost unless it is heard of before
    SilenceLimit silence;
    Offset metadata_offset = kNoOffset;  // last record it has replayed
    Offset shutdown_offset = kNoOffset;  // last record of its controlled shutdown; -1: it does not shut down
    bool let_go = false;                 // it was told that it may end
  };

  explicit BrokerSessions(Duration timeout) : timeout_(timeout) {}

  void reset(const MetadataImage& image, MonoTime now);
  void contact(BrokerId id, Offset metadata_offset, MonoTime now);
  void registered(BrokerId id, MonoTime now);
  /// It answered a question.
  void answered(BrokerId id, MonoTime now);
  void forget(BrokerId id) { sessions_.erase(id); }
  Session* find(BrokerId id);
  /// A broker other than `self` shuts down and waits for leave to end.
  bool any_leaving(const MetadataImage& image, BrokerId self) const;
  /// Unfenced brokers that are lost.
  std::vector<BrokerId> expired(const MetadataImage& image, MonoTime now) const;
  /// Unfenced brokers that are to be asked now; they count as asked.
  std::vector<BrokerId> to_ask(const MetadataImage& image, MonoTime now);
  /// Unfenced brokers that are to be set aside now; they count as that.
  std::vector<BrokerId> to_set_aside(const MetadataImage& image, MonoTime now);
  /// Who is set aside: it joins no ISR.
  std::set<BrokerId> aside() const;
  /// When one of them is to be asked or set aside, or is lost; max: nobody to watch.
  MonoTime next_look(const MetadataImage& image) const;
  /// `id` has been silent for long already, as the quorum saw: it is asked now, and set aside or lost much sooner than
  /// others.
  void suspect(BrokerId id, MonoTime now);
  /// After a stall of our own: everyone gets a fresh session.
  void forgive(MonoTime now);
  /// The least metadata offset over the active brokers other than `except`.
  Offset lowest_offset(const MetadataImage& image, BrokerId except) const;

 private:
  Session fresh(MonoTime now) const;
  static void heard(Session& s, MonoTime now);
  MonoTime lost_at(const Session& s) const { return std::min(s.last_contact + timeout_, s.lost_at); }

  Duration timeout_;
  std::map<BrokerId, Session> sessions_;
};

}  // namespace weir::replication
