#include "broker/net/connection.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::broker {
namespace {
constexpr size_t kSlicesPerSend = 512;
constexpr size_t kBytesPerSend = 512 << 10;
constexpr size_t kLargeBlock = 4 << 20;
constexpr size_t kFrameBytesAtOnce = 2 << 20;
// Requests of one connection in work while memory for answers is used up; a follower has four fetches under way.
constexpr size_t kInWorkWhenFull = 4;

/// Memory that an answer keeps: its slices may be parts of larger blocks, which others share or not.
size_t cost_of(const BufferChain& frame) {
  size_t cost = 0;
  for (const Buffer& b : frame)
    cost += b.block_size() >= kLargeBlock ? b.block_size() : std::min(b.block_size(), 2 * b.size());
  return cost;
}
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

void ReplyTicket::hold_others() { connection_->others_held_ = true; }

Connection::Connection(io::Runtime& runtime, io::SocketId socket, io::Endpoint local, io::Endpoint peer,
                       std::string listener, FrameHandler& handler, NetMemory& memory, const ConnectionLimits& limits)
    : runtime_(runtime),
      socket_(socket),
      local_(std::move(local)),
      peer_(std::move(peer)),
      listener_(std::move(listener)),
      handler_(handler),
      memory_(memory),
      answers_(&memory.answers),
      limits_(limits),
      frames_({.begin_bytes_max = kFrameBytesAtOnce, .frame_bytes_max = limits.request_bytes_max}),
      last_active_(runtime.now()),
      last_taken_(runtime.now()) {
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
  if (unfinished_ > 0) memory_.requests.whole(*this, std::exchange(unfinished_, 0));
  for (const Slot& slot : slots_) memory_.requests.bytes.give(slot.request_bytes);
  runtime_.net().close(socket_);
  slots_.clear();
  unsent_.clear();
  leaving_.clear();
  let_go(held_);
  auto keep = shared_from_this();
  runtime_.defer([keep] { keep->handler_.on_closed(*keep); });
}

/// Who holds nothing gets on, whatever others hold.
bool Connection::may_take() {
  if (others_held_ && slots_.empty() && held_ == 0) others_held_ = false;
  const bool peer = answers_ == &memory_.peer_answers;
  return !others_held_ && slots_.size() < limits_.requests_in_flight_max &&
         held_ < (peer ? limits_.peer_held_bytes_max : limits_.held_bytes_max) &&
         ((held_ == 0 && slots_.size() < kInWorkWhenFull) || !answers_->bytes.full()) &&
         (slots_.empty() || !memory_.requests.bytes.full());
}

void Connection::hold(size_t bytes) {
  if (bytes == 0) return;
  if (held_ == 0) {
    last_taken_ = runtime_.now();
    answers_->owing.insert(this);
  }
  held_ += bytes;
  answers_->bytes.take(bytes);
}

void Connection::let_go(size_t bytes) {
  if (bytes == 0) return;
  held_ -= bytes;
  if (held_ == 0) answers_->owing.erase(this);
  answers_->bytes.give(bytes);
}

void Connection::count_as_peer() {
  if (answers_ == &memory_.peer_answers || closed_) return;
  const size_t held = held_;
  let_go(held);
  answers_ = &memory_.peer_answers;
  hold(held);
}

void Connection::go_on() {
  if (closed_ || handling_ || receiving_) return;
  if (stopped_) {
    auto keep = shared_from_this();
    stopped_ = false;
    handling_ = true;
    take_frames();
    handling_ = false;
  }
  receive();
}

void Connection::receive() {
  if (closed_ || receiving_ || handling_ || stopped_) return;
  if (!may_take()) {
    stopped_ = true;
    return;
  }
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
  size_t taken = 0;
  while (!closed_) {
    const bool others_turn = !memory_.may_take(taken, runtime_.now());
    if (others_turn || !may_take()) {
      stopped_ = true;
      if (others_turn) runtime_.post([keep = shared_from_this()] { keep->go_on(); });
      return;
    }
    auto frame = frames_.next();
    if (!frame) {
      WEIR_WARN("closing {}: request of {} (socket.request.max.bytes)", peer_.to_string(), frame.error().detail);
      return close("request size");
    }
    if (!*frame) return count_unfinished();
    ++taken;
    memory_.took_one(runtime_.now());
    if (unfinished_ > 0) memory_.requests.whole(*this, std::exchange(unfinished_, 0));
    slots_.push_back({.request_bytes = (*frame)->size()});
    memory_.requests.bytes.take((*frame)->size());
    handler_.on_frame(std::move(**frame), ReplyTicket(shared_from_this(), next_number_++));
  }
}

void Connection::count_unfinished() {
  // A frame that came in one piece never was unfinished.
  size_t more = frames_.unfinished_bytes() - unfinished_;
  if (more == 0) return;
  unfinished_ += more;
  memory_.requests.arrived(*this, more);
}

void Connection::answer(uint64_t number, BufferChain frame) {
  if (closed_) return;
  CHECK(number >= first_number_ && number - first_number_ < slots_.size(), "answer to a request that is not open",
        number);
  Slot& slot = slots_[number - first_number_];
  CHECK(!slot.answered, "request answered twice", number);
  slot.answered = true;
  slot.frame = std::move(frame);
  memory_.requests.bytes.give(std::exchange(slot.request_bytes, 0));
  slot.cost = cost_of(slot.frame);
  hold(slot.cost);
  bool moved = false;
  while (!slots_.empty() && slots_.front().answered) {
    const size_t size = chain_size(slots_.front().frame);
    if (size > 0) leaving_.push_back({size, slots_.front().cost});
    for (Buffer& b : slots_.front().frame) {
      if (!b.empty()) unsent_.push_back(std::move(b));
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
    keep->go_on();  // answers may have made room
  });
}

void Connection::flush() {
  if (closed_ || sending_ || unsent_.empty()) return;
  sending_ = true;
  self_ = shared_from_this();
  std::vector<ConstBytes> slices;
  size_t room = kBytesPerSend;
  while (room > 0 && !unsent_.empty() && slices.size() < kSlicesPerSend) {
    Buffer& front = unsent_.front();
    const size_t size = std::min(room, front.size());
    sending_frames_.push_back(front.slice(0, size));
    slices.push_back(sending_frames_.back().bytes());
    room -= size;
    if (size == front.size())
      unsent_.pop_front();
    else
      front = front.slice(size);
  }
  runtime_.net().send(socket_, slices, send_);
}

void Connection::on_sent(int32_t result) {
  sending_ = false;
  auto keep = shared_from_this();
  if (!closed_) {
    if (result < 0) {
      close("send failed");
    } else {
      left(chain_size(sending_frames_));
      last_active_ = last_taken_ = runtime_.now();
      if (!unsent_.empty()) flush_soon();
      go_on();
    }
  }
  sending_frames_.clear();
  release_when_idle();
}

void Connection::left(size_t bytes) {
  while (bytes > 0) {
    Leaving& first = leaving_.front();
    const size_t part = std::min(bytes, first.unsent);
    bytes -= part;
    first.unsent -= part;
    if (first.unsent > 0) return;
    let_go(first.cost);
    leaving_.pop_front();
  }
}

void Connection::release_when_idle() {
  if (!receiving_ && !sending_) self_.reset();
}

}  // namespace weir::broker
