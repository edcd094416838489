#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/util/topic_partition.h"
#include "base/wire/messages/metadata.h"
#include "tools/client/connection.h"

namespace weir::client {

using TopicMetadata = wire::MetadataResponse::MetadataResponseTopic;

struct ClientOptions {
  std::vector<io::Endpoint> bootstrap;
  ConnectionOptions connection;
  /// How long an operation is tried again while its errors may pass (a leader that moves, a node that starts).
  int retry_ms = 30'000;
};

/// "HOST:PORT,HOST:PORT"; a port left out is 9092. Errors: invalid_argument.
Result<std::vector<io::Endpoint>> parse_bootstrap(std::string_view text);

/// Error::where of an error whose detail is a whole sentence, so that the code's phrase adds nothing.
inline constexpr const char* kSaysAll = "client says";

/// Error of a code that a broker answered, for `what`; none for 0. `message` is the broker's own.
Status answered(int16_t code, const std::string& what, const std::optional<std::string>& message = std::nullopt);

/// Runs out after the given time; between two attempts it sleeps, longer each time.
class Patience {
 public:
  explicit Patience(int limit_ms);
  /// False when there is no time left; else true, after a pause.
  bool pause();

 private:
  int64_t deadline_ms_;
  int pause_ms_ = 10;
};

/// A cluster as a command-line tool needs it: connections to its brokers, opened when needed, and who leads what. Calls
/// block; one thread.
class Client {
 public:
  explicit Client(ClientOptions options) : options_(std::move(options)) {}

  /// A connection that works, to a bootstrap server or a known broker. Errors: connection_failed naming each address
  /// that was tried.
  Result<Connection*> any();
  /// Errors: leader_not_available when the cluster does not list it, connection_failed.
  Result<Connection*> node(BrokerId id);
  /// The coordinator of a consumer group; waits while the cluster makes one.
  Result<Connection*> coordinator(const std::string& group);

  /// One request, not repeated when the answer gets lost; NOT_CONTROLLER and the like are the caller's matter.
  template <class Request, class Response>
  Result<Response> call_any(const Request& request, int16_t version_max = Request::kMaxVersion) {
    TRY_ASSIGN(Connection * c, any());
    return c->template call<Request, Response>(request, version_max);
  }
  template <class Request, class Response>
  Result<Response> call_node(BrokerId id, const Request& request, int16_t version_max = Request::kMaxVersion) {
    TRY_ASSIGN(Connection * c, node(id));
    return c->template call<Request, Response>(request, version_max);
  }
  template <class Request, class Response>
  Result<Response> call_coordinator(const std::string& group, const Request& request,
                                    int16_t version_max = Request::kMaxVersion) {
    TRY_ASSIGN(Connection * c, coordinator(group));
    return c->template call<Request, Response>(request, version_max);
  }
  /// Repeats `attempt` (giving a Result) while its error may pass; what is known of leaders is asked for anew each
  /// time.
  template <class F>
  auto retry(F attempt) -> decltype(attempt()) {
    Patience patience(options_.retry_ms);
    for (;;) {
      auto result = attempt();
      if (result || !may_pass(result.error()) || !patience.pause()) return result;
      forget_leaders();
    }
  }

  /// Asks the cluster now; nullopt: all topics. Keeps brokers and leaders.
  Result<wire::MetadataResponse> metadata(const std::optional<std::vector<std::string>>& topics);
  /// What is known of a topic, else the cluster's answer. With `create` a missing one is made with the cluster's
  /// defaults (Kafka's auto.create.topics.enable), and this waits until it is there. Errors:
  /// unknown_topic_or_partition.
  Result<const TopicMetadata*> topic(const std::string& name, bool create = false);
  /// Errors: unknown_topic_or_partition, leader_not_available.
  Result<BrokerId> leader(const TopicPartition& tp);
  /// Offsets of each partition at a time, or -1: the end, -2: the start (ListOffsets). -1 of a partition: none at or
  /// behind the time.
  Result<std::map<TopicPartition, Offset>> list_offsets(const std::vector<TopicPartition>& partitions,
                                                        int64_t timestamp);
  /// All partitions of a topic, in order.
  Result<std::vector<TopicPartition>> partitions_of(const std::string& topic);

  void forget_leaders() { topics_.clear(); }
  const ClientOptions& options() const { return options_; }
  const std::map<BrokerId, io::Endpoint>& brokers() const { return brokers_; }

 private:
  bool may_pass(const Error& error) const {
    return error_is_retriable(error.code) && (reached_ || error.code != ErrorCode::connection_failed);
  }
  Result<Connection*> at(const io::Endpoint& endpoint);

  ClientOptions options_;
  std::map<std::string, std::unique_ptr<Connection>> connections_;
  std::map<BrokerId, io::Endpoint> brokers_;
  std::map<std::string, TopicMetadata> topics_;
  std::map<std::string, BrokerId> coordinators_;
  bool reached_ = false;
};

}  // namespace weir::client
