#include "broker/net/peer_client.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "base/wire/frame.h"
#include "broker/net/frame_reader.h"

namespace weir::broker {
namespace {
constexpr FrameLimits kFrames{
    .chunk_bytes = 64 << 10, .direct_bytes_max = 4 << 20, .frame_bytes_min = 4, .frame_bytes_max = 512u << 20};
constexpr Duration kBackoffMin{5'000'000}, kBackoffMax{200'000'000};
}  // namespace

using replication::Lane;

/// One outgoing connection with its queue. Shared with its operations in flight, so it may outlive the client that made
/// it.
class PeerClient::Channel : public std::enable_shared_from_this<Channel> {
 public:
  Channel(io::Runtime& runtime, BrokerId node, io::Endpoint endpoint, std::function<void()> disconnected)
      : runtime_(runtime),
        node_(node),
        endpoint_(std::move(endpoint)),
        disconnected_(std::move(disconnected)),
        timer_([this] { on_timer(); }) {
    recv_.owner = send_.owner = connect_.owner = this;
    recv_.done = [](io::Completion& c, int32_t r) noexcept { static_cast<Operation&>(c).owner->on_received(r); };
    send_.done = [](io::Completion& c, int32_t r) noexcept { static_cast<Operation&>(c).owner->on_sent(r); };
    connect_.done = [](io::Completion& c, int32_t r) noexcept { static_cast<Operation&>(c).owner->on_connected(r); };
  }

  const io::Endpoint& endpoint() const { return endpoint_; }

  void send(int16_t api_key, int16_t version, const std::function<BufferChain(int32_t)>& encode, Duration timeout,
            std::function<void(Result<Buffer>)> done) {
    int32_t correlation = next_correlation_;
    next_correlation_ = (next_correlation_ + 1) & 0x7fffffff;
    pending_.push_back({correlation, api_key, version, runtime_.now() + timeout, std::move(done)});
    for (Buffer& b : encode(correlation)) unsent_.push_back(std::move(b));
    if (socket_ >= 0) {
      flush_soon();
    } else if (!connecting_) {
      start_connect();
    }
    set_timer();
  }

  /// Ends the connection and fails what is open.
  void shut(ErrorCode code) {
    bool was_connected = socket_ >= 0;
    if (socket_ >= 0) runtime_.net().close(socket_);
    socket_ = -1;
    ++generation_;
    unsent_.clear();
    frames_.reset();
    auto failed = std::move(pending_);
    pending_.clear();
    runtime_.disarm(timer_);
    auto keep = shared_from_this();
    for (Pending& p : failed) {
      runtime_.defer([done = std::move(p.done), code] { done(Result<Buffer>(code)); });
    }
    if (was_connected && disconnected_ && code != ErrorCode::cancelled) disconnected_();
  }

  void abandon() {
    disconnected_ = nullptr;
    abandoned_ = true;
    shut(ErrorCode::cancelled);
  }

 private:
  struct Operation : io::Completion {
    Channel* owner = nullptr;
    uint64_t generation = 0;
  };
  struct Pending {
    int32_t correlation;
    int16_t api_key, version;
    MonoTime deadline;
    std::function<void(Result<Buffer>)> done;
  };

  void hold() {
    if (in_flight_++ == 0) self_ = shared_from_this();
  }
  void let_go() {
    if (--in_flight_ == 0) {
      auto last = std::move(self_);  // may destroy this at the end of the scope
    }
  }

  void start_connect() {
    connecting_ = true;
    if (backoff_ > Duration{0} && runtime_.now() < retry_at_) {
      set_timer();
      return;  // on_timer goes on
    }
    connect_started_ = true;
    hold();
    runtime_.net().connect(endpoint_, connect_);
  }

  void on_connected(int32_t result) {
    connecting_ = connect_started_ = false;
    if (result < 0) {
      backoff_ = std::clamp(backoff_ * 2, kBackoffMin, kBackoffMax);
      retry_at_ = runtime_.now() + backoff_;
      shut(ErrorCode::connection_failed);
    } else if (abandoned_) {
      runtime_.net().close(result);
    } else {
      socket_ = result;
      backoff_ = Duration{0};
      ++generation_;
      receive();
      flush_soon();
    }
    let_go();
  }

  void receive() {
    if (socket_ < 0 || receiving_) return;
    receiving_ = true;
    recv_.generation = generation_;
    hold();
    runtime_.net().recv(socket_, frames_.space(), recv_);
  }

  void on_received(int32_t result) {
    receiving_ = false;
    if (recv_.generation == generation_ && socket_ >= 0) {
      if (result <= 0) {
        shut(ErrorCode::connection_failed);
      } else {
        frames_.received(static_cast<size_t>(result));
        take_frames();
      }
    }
    receive();
    let_go();
  }

  void take_frames() {
    uint64_t generation = generation_;
    while (generation == generation_) {
      auto frame = frames_.next();
      if (!frame) return shut(ErrorCode::malformed);
      if (!*frame) return;
      take_answer(**frame);
    }
  }

  void take_answer(const Buffer& frame) {
    if (pending_.empty()) return shut(ErrorCode::malformed);
    Pending p = std::move(pending_.front());
    pending_.pop_front();
    auto parsed = wire::parse_response(frame, p.api_key, p.version);
    if (!parsed || parsed->correlation_id != p.correlation) {
      p.done(Result<Buffer>(ErrorCode::malformed));
      return shut(ErrorCode::malformed);
    }
    p.done(std::move(parsed->body));
    set_timer();
  }

  void flush_soon() {
    if (flush_planned_) return;
    flush_planned_ = true;
    runtime_.defer([self = shared_from_this()] {
      self->flush_planned_ = false;
      self->flush();
    });
  }

  void flush() {
    if (socket_ < 0 || sending_ || unsent_.empty()) return;
    sending_ = true;
    send_.generation = generation_;
    sent_ = std::move(unsent_);
    unsent_.clear();
    std::vector<ConstBytes> slices;
    for (const Buffer& b : sent_) slices.push_back(b.bytes());
    hold();
    runtime_.net().send(socket_, slices, send_);
  }

  void on_sent(int32_t result) {
    sending_ = false;
    sent_.clear();
    if (send_.generation == generation_ && socket_ >= 0 && result < 0) shut(ErrorCode::connection_failed);
    flush();
    let_go();
  }

  void set_timer() {
    MonoTime due = MonoTime::max();
    for (const Pending& p : pending_) due = std::min(due, p.deadline);
    if (connecting_ && !connect_started_) due = std::min(due, retry_at_);
    if (due == MonoTime::max())
      runtime_.disarm(timer_);
    else if (!timer_.armed() || timer_.due() != due)
      runtime_.arm(timer_, due);
  }

  void on_timer() {
    auto keep = shared_from_this();
    if (connecting_ && !connect_started_ && runtime_.now() >= retry_at_) start_connect();
    bool late = std::any_of(pending_.begin(), pending_.end(),
                            [&](const Pending& p) { return p.deadline <= runtime_.now(); });
    // Answers come in order: behind a late one nothing can be had from this connection.
    if (late)
      shut(ErrorCode::request_timed_out);
    else
      set_timer();
  }

  io::Runtime& runtime_;
  BrokerId node_;
  io::Endpoint endpoint_;
  std::function<void()> disconnected_;
  io::Timer timer_;
  Operation recv_, send_, connect_;
  std::shared_ptr<Channel> self_;
  int in_flight_ = 0;
  io::SocketId socket_ = -1;
  uint64_t generation_ = 0;
  bool connecting_ = false, connect_started_ = false, receiving_ = false, sending_ = false, flush_planned_ = false,
       abandoned_ = false;
  Duration backoff_{0};
  MonoTime retry_at_;
  int32_t next_correlation_ = 1;
  std::deque<Pending> pending_;
  BufferChain unsent_, sent_;
  FrameReader frames_{kFrames};
};

/// One connection attempt with a short timeout, closed at once when it succeeds.
class PeerClient::Probe : public std::enable_shared_from_this<Probe> {
 public:
  Probe(io::Runtime& runtime, std::function<void(bool)> done)
      : runtime_(runtime), done_(std::move(done)), timer_([this] { finish(true); }) {
    connect_.owner = this;
    connect_.done = [](io::Completion& c, int32_t r) noexcept { static_cast<Operation&>(c).owner->on_connected(r); };
  }
  void start(const io::Endpoint& to, Duration timeout) {
    self_ = shared_from_this();
    // A silent machine is no proof that the process died: only a refusal is.
    runtime_.arm_in(timer_, timeout);
    runtime_.net().connect(to, connect_);
  }

 private:
  struct Operation : io::Completion {
    Probe* owner = nullptr;
  };
  void on_connected(int32_t result) {
    auto last = std::move(self_);
    if (result >= 0) runtime_.net().close(result);
    finish(result >= 0 || (result != -ECONNREFUSED && result != -ECONNRESET));
  }
  void finish(bool reachable) {
    runtime_.disarm(timer_);
    if (auto done = std::exchange(done_, nullptr)) done(reachable);
  }
  io::Runtime& runtime_;
  std::function<void(bool)> done_;
  io::Timer timer_;
  Operation connect_;
  std::shared_ptr<Probe> self_;
};

PeerClient::PeerClient(io::Runtime& runtime) : runtime_(runtime) {}
PeerClient::~PeerClient() { close(); }

void PeerClient::set_endpoint(BrokerId node, const io::Endpoint& endpoint) {
  auto [it, made] = endpoints_.try_emplace(node, endpoint);
  if (made || it->second == endpoint) return;
  it->second = endpoint;
  for (auto c = channels_.begin(); c != channels_.end();) {
    if (c->first.first != node) {
      ++c;
      continue;
    }
    c->second->abandon();
    c = channels_.erase(c);
  }
}

std::shared_ptr<PeerClient::Channel> PeerClient::channel(BrokerId node, Lane lane) {
  auto& slot = channels_[{node, lane}];
  if (!slot)
    slot = std::make_shared<Channel>(runtime_, node, endpoints_.at(node), [this, node] { disconnected(node); });
  return slot;
}

void PeerClient::send(BrokerId to, Lane lane, int16_t api_key, int16_t version,
                      std::function<BufferChain(int32_t)> encode, Duration timeout,
                      std::function<void(Result<Buffer>)> done) {
  if (closed_ || !endpoints_.contains(to)) {
    ErrorCode code = closed_ ? ErrorCode::cancelled : ErrorCode::connection_failed;
    runtime_.defer([done = std::move(done), code] { done(Result<Buffer>(code)); });
    return;
  }
  channel(to, lane)->send(api_key, version, encode, timeout, std::move(done));
}

void PeerClient::probe(BrokerId node, Duration timeout, std::function<void(bool)> done) {
  auto it = endpoints_.find(node);
  if (closed_ || it == endpoints_.end()) {
    runtime_.defer([done = std::move(done)] { done(true); });
    return;
  }
  std::make_shared<Probe>(runtime_, std::move(done))->start(it->second, timeout);
}

void PeerClient::disconnected(BrokerId node) {
  runtime_.defer([this, node] {
    if (closed_) return;
    for (auto& heard : heard_) heard(node);
  });
}

void PeerClient::close() {
  if (closed_) return;
  closed_ = true;
  for (auto& [key, c] : channels_) c->abandon();
  channels_.clear();
}

}  // namespace weir::broker
