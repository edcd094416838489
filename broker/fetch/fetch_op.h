#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/fetch/fetch_handler.h"

namespace weir::broker {

/// One fetch on its way: looks at the dirty partitions of its session, waits for them when there is too little, answers
/// once. Driver of FetchSession; owned by the handler until it has answered.
class FetchOp : public std::enable_shared_from_this<FetchOp> {
 public:
  FetchOp(FetchHandler& handler, FetchContext context, wire::FetchRequest request, int16_t version,
          FetchSessions::Opened opened, FetchHandler::Reply reply);

  /// First in its session's queue: takes the request's partitions in and looks.
  void start();
  /// A newer fetch of the session is behind it: don't wait any more.
  void hurry();
  const std::shared_ptr<FetchSession>& session() const { return session_; }
  /// The handler is gone: never answer.
  void abandon();

 private:
  struct Found {
    SessionPartition* at = nullptr;
    wire::FetchResponse::PartitionData data;
    size_t bytes = 0;
    bool unread = false;  // there is more, for which this response had no room
    bool urgent = false;  // an error or a diverging epoch: answered without waiting
  };

  void begin_look();
  void look();
  void look_again();
  bool look_at(SessionPartition& p);  // false: a read goes on, look() is called again
  void read_ended(SessionPartition& p, replication::Partition* partition, Result<log::ReadResult> result);
  void acknowledge(SessionPartition& p);
  void settle();
  void answer();
  void schedule();

  replication::Partition* find(const FetchKey& key) const;
  std::string topic_name(const FetchKey& key) const;
  /// Whether the partition can be read at all, as checked before each look: leader, epoch, history, range.
  void check(SessionPartition& p, replication::Partition* partition, Found& found) const;
  void fail(Found& found, ErrorCode error) const;
  void describe(const replication::Partition& partition, Found& found) const;
  void add_leader_hint(const FetchKey& key, wire::FetchResponse::PartitionData& data) const;
  void add_endpoint(wire::FetchResponse& response, BrokerId node) const;
  bool worth_sending(const Found& found) const;

  FetchHandler* handler_;
  const FetchContext context_;
  wire::FetchRequest request_;
  const int16_t version_;
  const BrokerId replica_;
  const bool full_;
  const std::shared_ptr<FetchSession> session_;
  FetchHandler::Reply reply_;
  io::Timer timer_;

  enum class State { queued, looking, waiting, answered } state_ = State::queued;
  std::vector<SessionPartition*> candidates_;
  size_t next_candidate_ = 0;
  std::vector<Found> found_;
  size_t bytes_ = 0;
  size_t max_bytes_ = 0;       // of the response, as far as there is memory for it
  AnswerMemory::Claim claim_;  // while it looks
  bool hurried_ = false;
  bool scheduled_ = false;
  bool inside_read_ = false;  // read() has not returned
  bool read_done_ = false;
};

}  // namespace weir::broker
