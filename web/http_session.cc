#include <boost/asio/write.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>

#include "base/util/check.h"
#include "web/server_core.h"

namespace weir::web {
namespace {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

// The page is its own world: scripts, styles, fonts, images and connections from here only; nobody may frame it.
constexpr const char* kContentSecurityPolicy =
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors "
    "'none'";

class HttpSession final : public Session, public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(ServerCore& core, uint64_t id, asio::ip::tcp::socket socket)
      : core_(core), id_(id), stream_(std::move(socket)) {
    error_code ignored;
    auto peer = stream_.socket().remote_endpoint(ignored);
    peer_loopback_ = peer.address().is_loopback() ||
                     (peer.address().is_v6() && peer.address().to_v6().is_v4_mapped() &&
                      asio::ip::make_address_v4(asio::ip::v4_mapped, peer.address().to_v6()).is_loopback());
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  }

  void start() { read_header(); }

  void close() override {
    error_code ignored;
    stream_.socket().close(ignored);
  }

 private:
  using Parser = http::request_parser<http::string_body>;

  void read_header() {
    parser_.emplace();
    parser_->header_limit(static_cast<uint32_t>(core_.options.header_bytes_max));
    parser_->body_limit(core_.options.body_bytes_max);
    stream_.expires_after(core_.options.request_timeout);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, size_t) { self->on_header(error); });
  }

  void on_header(error_code error) {
    if (error) return on_read_error(error);
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) {
      static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(stream_, asio::buffer(kContinue), [self = shared_from_this()](error_code failed, size_t) {
        if (failed) return self->finish();
        self->read_body();
      });
      return;
    }
    read_body();
  }

  void read_body() {
    http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code error, size_t) {
      if (error) return self->on_read_error(error);
      self->on_request();
    });
  }

  void on_read_error(error_code error) {
    if (error.category() != make_error_code(http::error::end_of_stream).category())
      return finish();  // the socket: reset, timeout, closed
    if (error == http::error::end_of_stream || error == http::error::partial_message) return finish();
    keep_alive_ = false;
    http_version_ = 11;
    head_ = false;
    if (error == http::error::header_limit)
      return reply(error_reply(431, "limit_reached", "the request header is too large"));
    if (error == http::error::body_limit)
      return reply(error_reply(413, "limit_reached", "the request body is too large"));
    reply(error_reply(400, "malformed", "this is no valid HTTP request: " + error.message()));
  }

  void on_request() {
    const auto& request = parser_->get();
    keep_alive_ = request.keep_alive() && !core_.closing;
    http_version_ = request.version();
    head_ = request.method() == http::verb::head;
    none_match_ = std::string(to_std(request[http::field::if_none_match]));
    gzip_ = to_std(request[http::field::accept_encoding]).find("gzip") != std::string_view::npos;
    auto header = [&](http::field name) -> std::optional<std::string_view> {
      auto found = request.find(name);
      if (found == request.end()) return std::nullopt;
      return to_std(found->value());
    };
    HttpRequest in;
    auto fetch_site = request.find("Sec-Fetch-Site");
    in.access = {to_std(request[http::field::host]), header(http::field::origin), std::nullopt,
                 header(http::field::authorization), peer_loopback_};
    if (fetch_site != request.end()) in.access.fetch_site = to_std(fetch_site->value());
    in.method = std::string(to_std(request.method_string()));
    in.target = std::string(to_std(request.target()));
    in.content_type = std::string(to_std(request[http::field::content_type]));

    if (beast::websocket::is_upgrade(request) && in.target.substr(0, in.target.find('?')) == "/v1/live") {
      if (auto why = refuse_live(in.access, core_.routes.rules()); !why.empty()) {
        keep_alive_ = false;
        return reply(error_reply(403, "permission_denied", why));
      }
      stream_.expires_never();
      return core_.add_ws(id_, stream_.release_socket(), parser_->release());
    }
    in.body = std::move(parser_->get().body());
    answered_ = false;
    core_.routes.handle(in, [&core = core_, id = id_, weak = weak_from_this()](HttpReply out) {
      // Called on the web thread while the core lives; the session may have closed meanwhile.
      (void)core, (void)id;
      if (auto self = weak.lock()) self->reply(std::move(out));
    });
    // Nothing is being read or written while the backend works: the table in the core keeps this session.
    if (!answered_) stream_.expires_never();
  }

  void reply(HttpReply out) {
    if (std::exchange(answered_, true) && response_) return;
    http::response<http::string_body> response;
    response.version(http_version_);
    response.result(static_cast<unsigned>(out.status));
    response.set(http::field::server, "weir");
    response.set("Content-Security-Policy", kContentSecurityPolicy);
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    for (const auto& [name, value] : out.headers) response.set(name, value);
    if (out.asset) {
      response.set(http::field::content_type,
                   beast::string_view(out.asset->content_type.data(), out.asset->content_type.size()));
      response.set(http::field::etag, beast::string_view(out.asset->etag.data(), out.asset->etag.size()));
      response.set(http::field::cache_control, out.asset->hashed ? "public, max-age=31536000, immutable" : "no-cache");
      response.set(http::field::vary, "Accept-Encoding");
      if (!none_match_.empty() && none_match_.find(out.asset->etag) != std::string::npos) {
        response.result(http::status::not_modified);
      } else if (gzip_ && !out.asset->gzip.empty()) {
        response.set(http::field::content_encoding, "gzip");
        response.body() = out.asset->gzip;
      } else {
        response.body() = out.asset->body;
      }
    } else {
      response.set(http::field::content_type, out.content_type);
      response.set(http::field::cache_control, "no-store");
      response.body() = std::move(out.body);
    }
    response.keep_alive(keep_alive_);
    size_t length = response.body().size();
    if (head_) response.body().clear();
    if (response.result() != http::status::not_modified) response.content_length(length);
    response_ = std::make_unique<http::response<http::string_body>>(std::move(response));
    serializer_.emplace(*response_);
    stream_.expires_after(core_.options.request_timeout);
    auto done = [self = shared_from_this()](error_code error, size_t) { self->on_written(error); };
    if (head_)
      http::async_write_header(stream_, *serializer_, std::move(done));
    else
      http::async_write(stream_, *serializer_, std::move(done));
  }

  void on_written(error_code error) {
    serializer_.reset();
    response_.reset();
    if (error) return finish();
    if (keep_alive_ && !core_.closing) return read_header();
    error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    linger();
  }

  /// After the last answer: takes what the peer still sends, within limits, so that our answer is not lost to a reset.
  void linger() {
    stream_.expires_after(std::chrono::seconds(2));
    sink_.resize(4096);
    stream_.async_read_some(asio::buffer(sink_), [self = shared_from_this()](error_code error, size_t count) {
      self->lingered_ += count;
      if (error || self->lingered_ > 4 * self->core_.options.body_bytes_max) return self->finish();
      self->linger();
    });
  }

  void finish() {
    close();
    core_.remove(id_);
  }

  ServerCore& core_;
  const uint64_t id_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::unique_ptr<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  std::string none_match_, sink_;
  size_t lingered_ = 0;
  unsigned http_version_ = 11;
  bool peer_loopback_ = false, keep_alive_ = false, head_ = false, gzip_ = false, answered_ = true;
};

}  // namespace

std::shared_ptr<Session> make_http_session(ServerCore& core, uint64_t id, asio::ip::tcp::socket socket) {
  auto session = std::make_shared<HttpSession>(core, id, std::move(socket));
  session->start();
  return session;
}

}  // namespace weir::web
