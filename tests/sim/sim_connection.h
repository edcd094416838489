#pragma once
#include <deque>
#include <memory>
#include <vector>

#include "tests/sim/sim_net.h"

namespace weir::sim {

/// Bytes in, bytes out, in order.
class ByteQueue {
 public:
  size_t size() const { return bytes_.size() - head_; }
  bool empty() const { return size() == 0; }
  void add(const std::vector<uint8_t>& more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  void clear() { bytes_.clear(), head_ = 0; }
  size_t take(Bytes into);

 private:
  std::vector<uint8_t> bytes_;
  size_t head_ = 0;
};

/// One TCP connection: two ends, and the segments under way in each direction, in order.
struct SimConnection : std::enable_shared_from_this<SimConnection> {
  enum class SegmentKind : uint8_t { data, fin, reset };
  struct Segment {
    SegmentKind kind;
    std::vector<uint8_t> bytes;
  };
  struct End {
    uint32_t node = 0;
    SimNet* net = nullptr;  // null: closed by its process, or its process is gone
    bool vanished = false;  // its machine lost power: it answers nothing until it is on again
    io::SocketId id = -1;
    io::Endpoint address;
    // receiving
    ByteQueue received;
    bool end_of_stream = false;
    int32_t error = 0;  // -errno once the connection broke
    io::Completion* recv = nullptr;
    Bytes recv_into;
    // sending
    std::deque<ConstBytes> send_left;
    io::Completion* send = nullptr;
    int32_t send_total = 0;
    bool fin_sent = false;
    std::deque<Segment> under_way;  // towards the other end
    size_t bytes_under_way = 0;
    MonoTime last_arrival{0};
    size_t arrivals_scheduled = 0;
    uint64_t stall = 0;  // counts breaks of progress, so that an old watch knows it is void
    bool watched = false;
  };

  explicit SimConnection(SimNetwork& n) : network(n) {}
  SimNetwork& network;
  End ends[2];

  /// Whether bytes of that end cannot reach the other one now, or their acknowledgement cannot come back.
  bool held(int side) const;
  bool unanswered(int side) const;
  bool open() const { return ends[0].net || ends[1].net; }
  void recv(int side, Bytes into, io::Completion& completion);
  void send(int side, const std::vector<ConstBytes>& slices, io::Completion& completion);
  void finish_sending(int side);
  /// The process closes its end (or is killed: `abrupt`).
  void close(int side, bool abrupt);
  /// The machine of that end is gone without a word.
  void vanish(int side);
  /// Both ends learn at once that the connection is broken; what was under way is lost.
  void tear();
  /// A link was healed: what is held goes on.
  void resume();

 private:
  void push(int side, Segment segment);
  void schedule_arrival(int side);
  void arrive(int side);
  void pump(int side);
  void satisfy_recv(int side);
  void break_end(int side, int32_t error);
  void deliver(int side, bool is_send, int32_t result);
  void watch(int side);
};

}  // namespace weir::sim
