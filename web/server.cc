#include "web/server.h"

#include <pthread.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>

#include "base/util/check.h"
#include "web/server_core.h"

namespace weir::web {
namespace {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

class AsioLoop final : public Loop {
 public:
  explicit AsioLoop(asio::io_context& io) : io_(&io) {}

  void post(std::function<void()> task) override {
    std::lock_guard lock(mutex_);
    if (io_) asio::post(*io_, std::move(task));
  }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    auto timer = std::make_shared<asio::steady_timer>(*io_, delay);
    timer->async_wait([timer, task = std::move(task)](error_code error) {
      if (!error) task();
    });
  }
  int64_t now_ms() override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  void end() {
    std::lock_guard lock(mutex_);
    io_ = nullptr;
  }

 private:
  std::mutex mutex_;
  asio::io_context* io_;
};

Error bind_error(const Endpoint& endpoint, error_code error) {
  std::string where = endpoint.host + ":" + std::to_string(endpoint.port) + ": " + error.message();
  if (error == asio::error::address_in_use) {
    where.append("; another process listens there; choose another port, or stop it");
    return Error(ErrorCode::busy_address, "weir.http.listeners", where);
  }
  if (error == asio::error::access_denied) return Error(ErrorCode::permission_denied, "weir.http.listeners", where);
  return Error(ErrorCode::invalid_argument, "weir.http.listeners", where);
}

Result<tcp::acceptor> listen_on(asio::io_context& io, const Endpoint& endpoint) {
  error_code error;
  auto address = asio::ip::make_address(endpoint.host, error);
  if (error) {
    tcp::resolver resolver(io);
    auto found = resolver.resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::passive, error);
    if (error || found.empty())
      return bind_error(endpoint, error ? error : make_error_code(asio::error::host_not_found));
    address = found.begin()->endpoint().address();
  }
  tcp::endpoint at(address, endpoint.port);
  tcp::acceptor acceptor(io);
  acceptor.open(at.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(at, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return bind_error(endpoint, error);
  return acceptor;
}

std::string random_epoch() {
  std::random_device device;
  char text[17];
  std::snprintf(text, sizeof(text), "%08x%08x", device(), device());
  return text;
}

uint64_t wall_ms() {
  auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

}  // namespace

void ServerCore::accept(tcp::acceptor& acceptor) {
  acceptor.async_accept([this, &acceptor](error_code error, tcp::socket socket) {
    if (closing || error == asio::error::operation_aborted) return;
    if (error) {  // out of file descriptors, most likely: leave it to the kernel's queue for a moment
      return loop->after(std::chrono::milliseconds(100), [this, &acceptor] {
        if (!closing) accept(acceptor);
      });
    }
    if (sessions.size() < options.connections_max) {
      add_http(std::move(socket));
    } else {
      static constexpr std::string_view kFull =
          "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n";
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kFull), ignored);
    }
    accept(acceptor);
  });
}

void ServerCore::add_http(tcp::socket socket) {
  uint64_t id = next_session++;
  sessions[id] = make_http_session(*this, id, std::move(socket));
}

void ServerCore::add_ws(uint64_t id, tcp::socket socket,
                        boost::beast::http::request<boost::beast::http::string_body> request) {
  sessions[id] = make_ws_session(*this, id, std::move(socket), std::move(request));
}

void ServerCore::remove(uint64_t id) { sessions.erase(id); }

void ServerCore::close_all() {
  closing = true;
  error_code ignored;
  for (auto& acceptor : acceptors) acceptor.close(ignored);
  auto all = sessions;
  for (auto& [id, session] : all) session->close();
}

struct WebServer::Impl {
  asio::io_context io{1};
  std::shared_ptr<AsioLoop> loop = std::make_shared<AsioLoop>(io);
  std::unique_ptr<ServerCore> core;
  std::vector<Endpoint> endpoints;
  Backend* backend = nullptr;
  std::thread thread;
};

WebServer::WebServer() = default;
WebServer::~WebServer() { stop(); }

Status WebServer::start(const std::vector<Endpoint>& listen, Backend& backend, WebOptions options) {
  CHECK(!impl_, "a WebServer is started once");
  auto impl = std::make_unique<Impl>();
  impl->backend = &backend;

  AccessRules rules{options.token, {}};
  for (const auto& name : options.allowed_hosts) rules.known_hosts.push_back(host_name(name));
  for (const auto& endpoint : listen) rules.known_hosts.push_back(host_name(endpoint.host));
  char own_name[256] = {};
  if (gethostname(own_name, sizeof(own_name) - 1) == 0 && own_name[0] != 0)
    rules.known_hosts.push_back(host_name(own_name));

  std::vector<tcp::acceptor> acceptors;
  for (const auto& endpoint : listen) {
    auto acceptor = listen_on(impl->io, endpoint);
    if (!acceptor) return acceptor.error();
    error_code error;
    auto bound = acceptor->local_endpoint(error);
    impl->endpoints.push_back({endpoint.host, bound.port()});
    acceptors.push_back(std::move(*acceptor));
  }
  impl->core = std::make_unique<ServerCore>(backend, std::move(options), std::move(rules), impl->loop, impl->io,
                                            wall_ms(), random_epoch());
  impl->core->acceptors = std::move(acceptors);
  for (auto& acceptor : impl->core->acceptors) impl->core->accept(acceptor);
  backend.set_series_sink(impl->core->hub->series_sink());
  impl->thread = std::thread([&io = impl->io] {
    pthread_setname_np(pthread_self(), "weir-web");
    io.run();
  });
  impl_ = std::move(impl);
  return {};
}

const std::vector<Endpoint>& WebServer::endpoints() const {
  static const std::vector<Endpoint> kNone;
  return impl_ ? impl_->endpoints : kNone;
}

void WebServer::stop() {
  if (!impl_) return;
  impl_->backend->set_series_sink(nullptr);
  impl_->loop->post([core = impl_->core.get(), &io = impl_->io] {
    core->close_all();
    io.stop();
  });
  impl_->thread.join();
  impl_->loop->end();
  impl_->core->sessions.clear();
  impl_.reset();
}

}  // namespace weir::web
