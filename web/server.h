#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/util/result.h"
#include "web/backend.h"

namespace weir::web {

struct Endpoint {
  std::string host;   // an address or a name: "127.0.0.1", "::1", "0.0.0.0", "localhost"
  uint16_t port = 0;  // 0: the system chooses
};

/// "http://127.0.0.1:8080", "127.0.0.1:8080", "[::1]:0", ":8080" (all addresses) → Endpoint. One element of
/// weir.http.listeners.
Result<Endpoint> parse_endpoint(std::string_view text);

struct WebOptions {
  std::optional<std::string> token;  // if set, every write needs "Authorization: Bearer TOKEN"; if not, writes come
                                     // from loopback only
  std::vector<std::string> allowed_hosts;  // further names under which browsers may reach this server
  size_t connections_max = 512;
  size_t subscriptions_max = 32;  // per WebSocket
  size_t header_bytes_max = 16 * 1024;
  size_t body_bytes_max = 256 * 1024;
  size_t message_bytes_max = 16 * 1024;          // a WebSocket message from a browser
  size_t series_bytes_max = 64 * 1024 * 1024;    // rows kept for pages that open later
  size_t series_rows_max = 4000;                 // per table and key
  size_t resume_deltas_max = 600;                // kept per channel: one minute at 10 Hz
  std::chrono::milliseconds push_interval{100};  // per channel: ≤ 10 Hz
  std::chrono::milliseconds rows_interval{33};   // for result rows, which nobody has to be asked for
  std::chrono::milliseconds gather{4};           // a first row waits this long for its siblings of the same window
  std::chrono::milliseconds request_timeout{15000};
  std::chrono::milliseconds ping_interval{15000};
};

/// HTTP and WebSocket server of one node. Owns one thread with its own io_context; start and stop are called from
/// outside of it.
class WebServer {
 public:
  WebServer();
  ~WebServer();  // stops
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// Binds all endpoints, starts the thread and hands the backend its series sink. `backend` outlives the server.
  /// Errors: busy_address, permission_denied, invalid_argument (a name that does not resolve).
  Status start(const std::vector<Endpoint>& listen, Backend& backend, WebOptions options = {});
  /// The endpoints as bound, in the order given (port 0 replaced).
  const std::vector<Endpoint>& endpoints() const;
  /// Closes everything and joins the thread. Idempotent.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::web
