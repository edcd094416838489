#include "broker/net/connection.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::broker {
namespace {
constexpr size_t kSlicesPerSend = 512;
}  // namespace

ReplyTicket::~ReplyTicket() {
  if (connection_) connection_->close("a request was dropped unanswered");
}

void ReplyTicket::reply(BufferChain frame) {
  CHECK(connection_ != nullptr, "ticket used twice");
  ConnectionPtr c = std::move(connection_);
  c->answer(number_, std::move(frame));
}

void ReplyTicket::skip() { reply({}); }

void ReplyTicket::close_connection(const char* why) {
  ConnectionPtr c = std::move(connection_);
  c->close(why);
}

void RequestMemory::add(Connection& connection, size_t bytes) {
  if (std::find(growing_.begin(), growing_.end(), &connection) == growing_.end()) growing_.push_back(&connection);
  used_ += bytes;
  // Who began first and is still not done is the slowest.
  if (used_ > limit_ && !growing_.empty())
    growing_.front()->close("too many unfinished requests: the slowest is dropped");
}

void RequestMemory::remove(Connection& connection, size_t bytes) {
  CHECK(used_ >= bytes, "more request memory given back than taken", used_, bytes);
  used_ -= bytes;
  std::erase(growing_, &connection);
}

Connection::Connection(io::Runtime& runtime, io::SocketId socket, io::Endpoint local, io::Endpoint peer,
                       std::string listener, FrameHandler& handler, RequestMemory& memory,
                       const ConnectionLimits& limits)
    : runtime_(runtime),
      socket_(socket),
      local_(std::move(local)),
      peer_(std::move(peer)),
      listener_(std::move(listener)),
      handler_(handler),
      memory_(memory),
      limits_(limits),
      frames_({.frame_bytes_max = limits.request_bytes_max}),
      last_active_(runtime.now()) {
  recv_.owner = send_.owner = this;
  recv_.done = [](io::Completion& c, int32_t result) noexcept {
    static_cast<Operation&>(c).owner->on_received(result);
  };
  send_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Operation&>(c).owner->on_sent(result); };
}

Connection::~Connection() { CHECK(!receiving_ && !sending_, "connection destroyed with an operation in flight"); }

void Connection::start() { receive(); }

void Connection::close(const char* why) {
  if (closed_) return;
  closed_ = true;
  WEIR_DEBUG("connection {} closed: {}", peer_.to_string(), why);
  if (counted_ > 0) memory_.remove(*this, std::exchange(counted_, 0));
  runtime_.net().close(socket_);
  slots_.clear();
  unsent_.clear();
  unsent_bytes_ = 0;
  auto keep = shared_from_this();
  runtime_.defer([keep] { keep->handler_.on_closed(*keep); });
}

bool Connection::may_read() const {
  return slots_.size() < limits_.requests_in_flight_max && unsent_bytes_ < limits_.unsent_bytes_max;
}

void Connection::receive() {
  if (closed_ || receiving_ || handling_ || !may_read()) return;
  receiving_ = true;
  self_ = shared_from_this();
  runtime_.net().recv(socket_, frames_.space(), recv_);
}

void Connection::on_received(int32_t result) {
  receiving_ = false;
  auto keep = shared_from_this();
  if (!closed_ && result <= 0) close(result == 0 ? "end of stream" : "receive failed");
  if (!closed_) {
    last_active_ = runtime_.now();
    handling_ = true;
    frames_.received(static_cast<size_t>(result));
    take_frames();
    handling_ = false;
    receive();
  }
  release_when_idle();
}

void Connection::take_frames() {
  while (!closed_) {
    auto frame = frames_.next();
    if (!frame) {
      WEIR_WARN("closing {}: request of {} (socket.request.max.bytes)", peer_.to_string(), frame.error().detail);
      return close("request size");
    }
    if (!*frame) return count_unfinished();
    if (counted_ > 0) memory_.remove(*this, std::exchange(counted_, 0));
    slots_.emplace_back();
    handler_.on_frame(std::move(**frame), ReplyTicket(shared_from_this(), next_number_++));
  }
}

void Connection::count_unfinished() {
  // A frame that came in one piece never was unfinished.
  size_t more = frames_.unfinished_bytes() - counted_;
  if (more == 0) return;
  counted_ += more;
  memory_.add(*this, more);
}

void Connection::answer(uint64_t number, BufferChain frame) {
  if (closed_) return;
  CHECK(number >= first_number_ && number - first_number_ < slots_.size(), "answer to a request that is not open",
        number);
  Slot& slot = slots_[number - first_number_];
  CHECK(!slot.answered, "request answered twice", number);
  slot.answered = true;
  slot.frame = std::move(frame);
  bool moved = false;
  while (!slots_.empty() && slots_.front().answered) {
    for (Buffer& b : slots_.front().frame) {
      unsent_bytes_ += b.size();
      unsent_.push_back(std::move(b));
    }
    slots_.pop_front();
    ++first_number_;
    moved = true;
  }
  if (moved) flush_soon();
}

void Connection::flush_soon() {
  if (flush_planned_ || sending_) return;
  flush_planned_ = true;
  auto keep = shared_from_this();
  runtime_.defer([keep] {
    keep->flush_planned_ = false;
    keep->flush();
    keep->receive();  // answers may have made room
  });
}

void Connection::flush() {
  if (closed_ || sending_ || unsent_.empty()) return;
  sending_ = true;
  self_ = shared_from_this();
  if (unsent_.size() <= kSlicesPerSend) {
    sending_frames_ = std::move(unsent_);
    unsent_.clear();
  } else {
    sending_frames_.assign(std::make_move_iterator(unsent_.begin()),
                           std::make_move_iterator(unsent_.begin() + kSlicesPerSend));
    unsent_.erase(unsent_.begin(), unsent_.begin() + kSlicesPerSend);
  }
  std::vector<ConstBytes> slices;
  slices.reserve(sending_frames_.size());
  for (const Buffer& b : sending_frames_) slices.push_back(b.bytes());
  runtime_.net().send(socket_, slices, send_);
}

void Connection::on_sent(int32_t result) {
  sending_ = false;
  auto keep = shared_from_this();
  if (!closed_) {
    if (result < 0) {
      close("send failed");
    } else {
      unsent_bytes_ -= chain_size(sending_frames_);
      last_active_ = runtime_.now();
      if (!unsent_.empty()) flush_soon();
      receive();
    }
  }
  sending_frames_.clear();
  release_when_idle();
}

void Connection::release_when_idle() {
  if (!receiving_ && !sending_) self_.reset();
}

}  // namespace weir::broker
