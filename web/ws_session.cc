#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <deque>

#include "web/json_writer.h"
#include "web/requests.h"
#include "web/server_core.h"

namespace weir::web {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

constexpr size_t kRepliesMax = 64;
constexpr int kSendBufferBytes = 128 * 1024;  // what a browser that does not read may hold in the kernel

class WsSession final : public Session, public LiveClient, public std::enable_shared_from_this<WsSession> {
 public:
  WsSession(ServerCore& core, uint64_t id, asio::ip::tcp::socket socket, http::request<http::string_body> request)
      : core_(core), id_(id), stream_(std::move(socket)), request_(std::move(request)) {}

  void start() {
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().set_option(asio::socket_base::send_buffer_size(kSendBufferBytes),
                                                         ignored);
    websocket::stream_base::timeout timeout{core_.options.request_timeout, 2 * core_.options.ping_interval,
                                            true};  // pings at half of the idle time
    stream_.set_option(timeout);
    stream_.set_option(websocket::stream_base::decorator(
        [](websocket::response_type& response) { response.set(http::field::server, "weir"); }));
    stream_.read_message_max(core_.options.message_bytes_max);
    stream_.auto_fragment(false);
    stream_.text(true);
    stream_.async_accept(request_, [self = shared_from_this()](error_code error) {
      if (error || self->closed_) return self->finish();
      self->core_.hub->attach(self.get());
      self->attached_ = true;
      JsonWriter w;
      w.begin_object().field("op", "hello").field("epoch", self->core_.hub->epoch()).end_object();
      self->send_reply(w.take());
      self->read();
    });
  }

  void wake() override { write(); }

  void close() override {
    closed_ = true;
    error_code ignored;
    beast::get_lowest_layer(stream_).socket().close(ignored);
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, size_t) {
      if (error || self->closed_) return self->finish();
      auto bytes = self->buffer_.cdata();
      self->on_message({static_cast<const char*>(bytes.data()), bytes.size()});
      self->buffer_.consume(self->buffer_.size());
      if (!self->closed_) self->read();
    });
  }

  void on_message(std::string_view text) {
    auto request = parse_live_request(text);
    if (!request.ok()) return send_error(0, request.error());
    switch (request->op) {
      case LiveRequest::Op::ping:
        return send_reply("{\"op\":\"pong\"}");
      case LiveRequest::Op::unsub:
        return core_.hub->unsubscribe(this, request->id);
      case LiveRequest::Op::sub:
        if (auto status = core_.hub->subscribe(this, *request); !status.ok()) send_error(request->id, status.error());
        return;
    }
  }

  void send_error(int64_t id, const Error& error) {
    JsonWriter w;
    w.begin_object()
        .field("op", "error")
        .field("id", id)
        .field("code", error_name(error.code))
        .field("message", error.message())
        .end_object();
    send_reply(w.take());
  }

  void send_reply(std::string text) {
    if (replies_.size() >= kRepliesMax) return finish();  // asks and asks without reading the answers
    replies_.push_back(std::move(text));
    write();
  }

  void write() {
    if (writing_ || closed_ || !attached_) return;
    if (!replies_.empty()) {
      out_ = std::move(replies_.front());
      replies_.pop_front();
    } else {
      out_ = core_.hub->next_message(this);
    }
    if (out_.empty()) return;
    writing_ = true;
    stream_.async_write(asio::buffer(out_), [self = shared_from_this()](error_code error, size_t) {
      self->writing_ = false;
      if (error || self->closed_) return self->finish();
      self->write();
    });
  }

  void finish() {
    if (std::exchange(attached_, false)) core_.hub->detach(this);
    close();
    core_.remove(id_);
  }

  ServerCore& core_;
  const uint64_t id_;
  websocket::stream<beast::tcp_stream> stream_;
  http::request<http::string_body> request_;
  beast::flat_buffer buffer_;
  std::deque<std::string> replies_;
  std::string out_;
  bool attached_ = false, writing_ = false, closed_ = false;
};

}  // namespace

std::shared_ptr<Session> make_ws_session(ServerCore& core, uint64_t id, asio::ip::tcp::socket socket,
                                         http::request<http::string_body> request) {
  auto session = std::make_shared<WsSession>(core, id, std::move(socket), std::move(request));
  session->start();
  return session;
}

}  // namespace weir::web
