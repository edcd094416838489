#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/io/runtime.h"
#include "base/util/buffer.h"
#include "broker/net/frame_reader.h"
#include "broker/net/net_memory.h"

namespace weir::broker {

class Connection;
using ConnectionPtr = std::shared_ptr<Connection>;

/// Place of one request in its connection's order of answers. Call reply() or drop() exactly once, at any time, also
/// after the connection died. A ticket that is destroyed unused closes the connection: a request without an answer
/// would stop all behind it.
class ReplyTicket {
 public:
  ReplyTicket(ConnectionPtr connection, uint64_t number) : connection_(std::move(connection)), number_(number) {}
  ReplyTicket(ReplyTicket&&) noexcept = default;
  ReplyTicket& operator=(ReplyTicket&&) noexcept = default;
  ~ReplyTicket();
  /// Sends the frame (length prefix included) once all earlier requests are answered.
  void reply(BufferChain frame);
  /// acks=0: this request gets no answer.
  void skip();
  /// The connection is to be closed (protocol error, acks=0 failure).
  void close_connection(const char* why);
  /// No later request of the connection is taken before this one's answer has left: for answers so large that a client
  /// is to have one at a time.
  void hold_others();
  Connection& connection() { return *connection_; }

 private:
  ConnectionPtr connection_;
  uint64_t number_;
};

/// Gets the requests of all connections, frames without their length prefix, in order per connection.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_frame(Buffer frame, ReplyTicket ticket) = 0;
  virtual void on_closed(Connection& connection) = 0;
};

struct ConnectionLimits {
  size_t request_bytes_max = 100 << 20;  // socket.request.max.bytes
  size_t requests_in_flight_max = 1024;  // then the socket is not read until answers left
  // Likewise: memory of answers that were not taken. A node acknowledges with its next request: that is to be seen
  // soon.
  size_t held_bytes_max = 1 << 20, peer_held_bytes_max = 64 << 20;
};

/// One accepted connection: takes frames (frame_reader.h), keeps answers in order, sends them gathered at the end of
/// the turn, in pieces, so that it shows whether the client takes them. While it holds too much, or all connections do
/// (net_memory.h), no further request is taken. Lives on its shard's thread; kept alive by its operations in flight and
/// by tickets.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(io::Runtime& runtime, io::SocketId socket, io::Endpoint local, io::Endpoint peer, std::string listener,
             FrameHandler& handler, NetMemory& memory, const ConnectionLimits& limits);
  ~Connection();

  void start();
  void close(const char* why);
  bool closed() const { return closed_; }
  /// There may be room for further requests.
  void go_on();
  /// It is another node's: its answers count apart.
  void count_as_peer();

  const io::Endpoint& local() const { return local_; }
  const io::Endpoint& peer() const { return peer_; }
  const std::string& listener() const { return listener_; }
  MonoTime last_active() const { return last_active_; }
  /// Bytes of a request that is not whole yet; of answers that were not taken, and when the last of them were.
  size_t unfinished_bytes() const { return unfinished_; }
  size_t held_bytes() const { return held_; }
  MonoTime last_taken() const { return last_taken_; }
  AnswerMemory& answer_memory() { return *answers_; }

  // Whether metadata was asked for on this connection.
  bool told_metadata = false;
  // What ApiVersions told (KIP-511).
  std::string client_software_name, client_software_version;

 private:
  friend class ReplyTicket;
  struct Operation : io::Completion {
    Connection* owner = nullptr;
  };
  struct Slot {
    bool answered = false;
    size_t request_bytes = 0, cost = 0;
    BufferChain frame;
  };
  /// An answer on its way out: it costs all of its memory until its last byte has left.
  struct Leaving {
    size_t unsent = 0, cost = 0;
  };

  void receive();
  void on_received(int32_t result);
  void take_frames();
  void count_unfinished();
  bool may_take();
  void hold(size_t bytes);
  void let_go(size_t bytes);
  void answer(uint64_t number, BufferChain frame);
  void flush_soon();
  void flush();
  void on_sent(int32_t result);
  void left(size_t bytes);
  void release_when_idle();

  io::Runtime& runtime_;
  io::SocketId socket_;
  io::Endpoint local_, peer_;
  std::string listener_;
  FrameHandler& handler_;
  NetMemory& memory_;
  AnswerMemory* answers_;
  const ConnectionLimits& limits_;

  Operation recv_, send_;
  bool receiving_ = false, sending_ = false, closed_ = false, flush_planned_ = false, handling_ = false;
  bool stopped_ = false;              // requests may lie in frames_ that were not taken
  bool others_held_ = false;          // hold_others(), until all answers have left
  std::shared_ptr<Connection> self_;  // while operations are in flight

  FrameReader frames_;
  size_t unfinished_ = 0;  // as memory_ knows it
  MonoTime last_active_, last_taken_;

  uint64_t next_number_ = 0, first_number_ = 0;
  std::deque<Slot> slots_;
  std::deque<Buffer> unsent_;
  BufferChain sending_frames_;
  std::deque<Leaving> leaving_;
  size_t held_ = 0;
};

}  // namespace weir::broker
