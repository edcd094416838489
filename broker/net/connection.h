#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/io/runtime.h"
#include "base/util/buffer.h"
#include "broker/net/frame_reader.h"

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
  size_t unsent_bytes_max = 64 << 20;    // likewise
};

/// Bytes of requests that have not arrived whole, over all connections of a shard; the slowest is dropped when they are
/// too many.
class RequestMemory;

/// One accepted connection: takes frames (frame_reader.h), keeps answers in order, sends them gathered at the end of
/// the turn. Lives on its shard's thread; kept alive by its operations in flight and by tickets.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(io::Runtime& runtime, io::SocketId socket, io::Endpoint local, io::Endpoint peer, std::string listener,
             FrameHandler& handler, RequestMemory& memory, const ConnectionLimits& limits);
  ~Connection();

  void start();
  void close(const char* why);
  bool closed() const { return closed_; }

  const io::Endpoint& local() const { return local_; }
  const io::Endpoint& peer() const { return peer_; }
  const std::string& listener() const { return listener_; }
  MonoTime last_active() const { return last_active_; }

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
    BufferChain frame;
  };

  void receive();
  void on_received(int32_t result);
  void take_frames();
  void count_unfinished();
  bool may_read() const;
  void answer(uint64_t number, BufferChain frame);
  void flush_soon();
  void flush();
  void on_sent(int32_t result);
  void release_when_idle();

  io::Runtime& runtime_;
  io::SocketId socket_;
  io::Endpoint local_, peer_;
  std::string listener_;
  FrameHandler& handler_;
  RequestMemory& memory_;
  const ConnectionLimits& limits_;

  Operation recv_, send_;
  bool receiving_ = false, sending_ = false, closed_ = false, flush_planned_ = false, handling_ = false;
  std::shared_ptr<Connection> self_;  // while operations are in flight

  FrameReader frames_;
  size_t counted_ = 0;  // bytes of the unfinished request that memory_ knows of
  MonoTime last_active_;

  uint64_t next_number_ = 0, first_number_ = 0;
  std::deque<Slot> slots_;
  BufferChain unsent_, sending_frames_;
  size_t unsent_bytes_ = 0;
};

class RequestMemory {
 public:
  explicit RequestMemory(size_t limit) : limit_(limit) {}
  void add(Connection& connection, size_t bytes);
  void remove(Connection& connection, size_t bytes);
  size_t used() const { return used_; }

 private:
  size_t limit_, used_ = 0;
  std::deque<Connection*> growing_;  // in the order their requests began
};

}  // namespace weir::broker
