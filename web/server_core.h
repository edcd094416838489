#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "web/hub.h"
#include "web/routes.h"

/// Private to server.cc, http_session.cc and ws_session.cc: the only files of this folder that see Boost.
namespace weir::web {

inline std::string_view to_std(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// A connection, owned by the core's table until it closes. Only the table owns it: whoever answers later holds its
/// number.
class Session {
 public:
  virtual ~Session() = default;
  virtual void close() = 0;
};

/// Everything of a running server; lives and is used on the web thread only.
struct ServerCore {
  ServerCore(Backend& backend_in, WebOptions options_in, AccessRules rules, std::shared_ptr<Loop> loop_in,
             boost::asio::io_context& io_in, uint64_t first_seq, std::string epoch)
      : io(io_in),
        backend(backend_in),
        options(std::move(options_in)),
        loop(std::move(loop_in)),
        hub(std::make_shared<Hub>(loop, backend, options, first_seq, std::move(epoch))),
        routes(*hub, backend, std::move(rules), loop) {}

  void accept(boost::asio::ip::tcp::acceptor& acceptor);
  void add_http(boost::asio::ip::tcp::socket socket);
  void add_ws(uint64_t id, boost::asio::ip::tcp::socket socket,
              boost::beast::http::request<boost::beast::http::string_body> request);
  void remove(uint64_t id);
  void close_all();

  boost::asio::io_context& io;
  Backend& backend;
  WebOptions options;
  std::shared_ptr<Loop> loop;
  std::shared_ptr<Hub> hub;
  Routes routes;
  std::vector<boost::asio::ip::tcp::acceptor> acceptors;
  std::map<uint64_t, std::shared_ptr<Session>> sessions;
  uint64_t next_session = 1;
  bool closing = false;
};

std::shared_ptr<Session> make_http_session(ServerCore& core, uint64_t id, boost::asio::ip::tcp::socket socket);
std::shared_ptr<Session> make_ws_session(ServerCore& core, uint64_t id, boost::asio::ip::tcp::socket socket,
                                         boost::beast::http::request<boost::beast::http::string_body> request);

}  // namespace weir::web
