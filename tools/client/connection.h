#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/io/net.h"
#include "base/wire/frame.h"

namespace weir::client {

struct ConnectionOptions {
  int connect_timeout_ms = 5'000;
  /// For one answer, from the request on.
  int request_timeout_ms = 30'000;
  std::string client_id = "weir";
};

/// One TCP connection to a broker with blocking calls and time limits; requests may be sent ahead, answers come in
/// their order. One thread. After an error of the transport or a timeout it is broken() and only fit to be destroyed.
class Connection {
 public:
  /// Connects (each address of a name in turn) and asks for the API versions. Errors: connection_failed,
  /// request_timed_out, invalid_argument (the name does not resolve), whose detail begins with "HOST:PORT: ".
  static Result<std::unique_ptr<Connection>> open(const io::Endpoint& to, const ConnectionOptions& options);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// What receive() needs to read the answer to one request.
  struct Sent {
    int16_t api_key, version;
    int32_t correlation_id;
    int64_t deadline_ms;
  };

  /// In the newest version that both sides have, at most `version_max`. Errors also: unsupported_version.
  template <class Request>
  Result<Sent> send(const Request& request, int16_t version_max = Request::kMaxVersion) {
    TRY_ASSIGN(int16_t version, pick_version(Request::kApiKey, Request::kMinVersion, version_max));
    Sent sent{Request::kApiKey, version, next_correlation_++, now_ms() + options_.request_timeout_ms};
    TRY(write(wire::encode_request(request, version, sent.correlation_id, options_.client_id), sent.deadline_ms));
    return sent;
  }
  /// The answer to `sent`; those to older requests that nobody received are passed over.
  template <class Response>
  Result<Response> receive(const Sent& sent) {
    TRY_ASSIGN(Buffer body, read(sent));
    auto response = wire::decode<Response>(body, sent.version);
    if (!response) broken_ = true;
    return response;
  }
  template <class Request, class Response>
  Result<Response> call(const Request& request, int16_t version_max = Request::kMaxVersion) {
    TRY_ASSIGN(Sent sent, send(request, version_max));
    return receive<Response>(sent);
  }

  bool broken() const { return broken_; }
  const io::Endpoint& peer() const { return peer_; }
  /// Whether the broker has this API at all.
  bool has_api(int16_t api_key) const { return versions_.contains(api_key); }

 private:
  struct Range {
    int16_t min, max;
  };

  Connection(int fd, io::Endpoint peer, const ConnectionOptions& options)
      : fd_(fd), peer_(std::move(peer)), options_(options) {}
  static int64_t now_ms();
  Status handshake();
  Result<int16_t> pick_version(int16_t api_key, int16_t min, int16_t max) const;
  Status write(const BufferChain& frame, int64_t deadline_ms);
  Result<Buffer> read(const Sent& sent);
  Status read_exactly(Bytes into, int64_t deadline_ms);
  Status wait_for(short events, int64_t deadline_ms);
  Error fail(ErrorCode code, const std::string& why);

  int fd_;
  io::Endpoint peer_;
  ConnectionOptions options_;
  std::map<int16_t, Range> versions_;
  int32_t next_correlation_ = 1;
  bool broken_ = false;
};

}  // namespace weir::client
