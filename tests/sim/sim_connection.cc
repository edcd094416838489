#include "tests/sim/sim_connection.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {

namespace {
constexpr size_t kSegment = 64 * 1024;
}

size_t ByteQueue::take(Bytes into) {
  const size_t n = std::min(into.size(), size());
  std::copy_n(bytes_.begin() + static_cast<ptrdiff_t>(head_), n, into.begin());
  head_ += n;
  if (head_ == bytes_.size()) clear();
  return n;
}

bool SimConnection::held(int side) const {
  const End& to = ends[1 - side];
  return network.is_cut(ends[side].node, to.node) || (to.vanished && !network.world().node(to.node).machine_is_on());
}

bool SimConnection::unanswered(int side) const {
  return held(side) || network.is_cut(ends[1 - side].node, ends[side].node);
}

void SimConnection::deliver(int side, bool is_send, int32_t result) {
  End& end = ends[side];
  io::Completion* completion = std::exchange(is_send ? end.send : end.recv, nullptr);
  if (!completion || !end.net) return;
  end.net->runtime().ready([self = shared_from_this(), side, completion, result] {
    completion->done(*completion, self->ends[side].net ? result : -ECANCELED);
  });
}

void SimConnection::recv(int side, Bytes into, io::Completion& completion) {
  End& end = ends[side];
  CHECK(!end.recv, "a connection has at most one recv in flight", end.id);
  CHECK(!into.empty(), "recv into nothing");
  end.recv = &completion;
  end.recv_into = into;
  satisfy_recv(side);
}

void SimConnection::satisfy_recv(int side) {
  End& end = ends[side];
  if (!end.recv) return;
  if (!end.received.empty()) {
    const size_t n = end.received.take(end.recv_into);
    deliver(side, false, static_cast<int32_t>(n));
    pump(1 - side);
  } else if (end.error) {
    deliver(side, false, end.error);
  } else if (end.end_of_stream) {
    deliver(side, false, 0);
  }
}

void SimConnection::send(int side, const std::vector<ConstBytes>& slices, io::Completion& completion) {
  End& end = ends[side];
  CHECK(!end.send, "a connection has at most one send in flight", end.id);
  end.send = &completion;
  end.send_total = 0;
  end.send_left.assign(slices.begin(), slices.end());
  if (end.error || end.fin_sent) {
    end.send_left.clear();
    deliver(side, true, -EPIPE);
    return;
  }
  pump(side);
}

void SimConnection::pump(int side) {
  End& from = ends[side];
  if (!from.send) return;
  SimWorld& world = network.world();
  while (!from.send_left.empty()) {
    ConstBytes& slice = from.send_left.front();
    if (slice.empty()) {
      from.send_left.pop_front();
      continue;
    }
    const size_t used = from.bytes_under_way + ends[1 - side].received.size();
    if (used >= world.profile().net_window) return;
    size_t n = std::min({slice.size(), world.profile().net_window - used, kSegment});
    if (world.profile().jitter && world.random().chance(1, 4)) n = 1 + world.random().below(n);
    push(side, Segment{SegmentKind::data, {slice.begin(), slice.begin() + static_cast<ptrdiff_t>(n)}});
    from.send_total += static_cast<int32_t>(n);
    slice = slice.subspan(n);
  }
  deliver(side, true, from.send_total);
}

void SimConnection::push(int side, Segment segment) {
  End& from = ends[side];
  if (network.world().node(from.node).doomed()) return;  // the power goes in this turn: nothing leaves any more
  from.bytes_under_way += segment.bytes.size();
  from.under_way.push_back(std::move(segment));
  schedule_arrival(side);
}

void SimConnection::schedule_arrival(int side) {
  End& from = ends[side];
  const Segment& segment = from.under_way[from.arrivals_scheduled++];
  SimWorld& world = network.world();
  MonoTime at = world.now() + network.latency(from.node, ends[1 - side].node) +
                Duration{static_cast<int64_t>(segment.bytes.size())};
  at = std::max(at, from.last_arrival);
  from.last_arrival = at;
  world.schedule(at, Trace::segment, ends[1 - side].node, [self = shared_from_this(), side] { self->arrive(side); });
}

void SimConnection::arrive(int side) {
  End& from = ends[side];
  if (from.arrivals_scheduled == 0) return;  // was dropped by a break
  --from.arrivals_scheduled;
  if (from.under_way.empty()) return;
  if (unanswered(side)) watch(side);
  if (held(side)) return;
  Segment segment = std::move(from.under_way.front());
  from.under_way.pop_front();
  from.bytes_under_way -= segment.bytes.size();
  network.world().trace(segment.bytes.size());
  End& to = ends[1 - side];
  if (segment.kind == SegmentKind::reset) {
    if (network.world().random().chance(1, 2)) to.received.clear();
    break_end(1 - side, -ECONNRESET);
    return;
  }
  if (!to.net) {
    if (segment.kind == SegmentKind::fin) return;
    network.world().schedule_in(network.latency(to.node, from.node), Trace::segment, from.node,
                                [self = shared_from_this(), side] { self->break_end(side, -ECONNRESET); });
    return;
  }
  if (segment.kind == SegmentKind::fin)
    to.end_of_stream = true;
  else
    to.received.add(segment.bytes);
  satisfy_recv(1 - side);
  pump(side);
}

void SimConnection::watch(int side) {
  End& from = ends[side];
  if (from.watched) return;
  from.watched = true;
  SimWorld& world = network.world();
  world.schedule_in(world.latency(world.profile().break_after, 2), Trace::network, from.node,
                    [self = shared_from_this(), side, stall = from.stall] {
                      End& end = self->ends[side];
                      end.watched = false;
                      if (end.error || !end.net) return;
                      if (end.stall == stall && self->unanswered(side))
                        self->break_end(side, -ETIMEDOUT);
                      else if (!end.under_way.empty() && self->held(side))
                        self->watch(side);
                    });
}

void SimConnection::break_end(int side, int32_t error) {
  End& end = ends[side];
  if (end.error) return;
  end.error = error;
  end.under_way.clear();
  end.bytes_under_way = 0;
  end.arrivals_scheduled = 0;
  end.send_left.clear();
  satisfy_recv(side);
  deliver(side, true, error);
}

void SimConnection::finish_sending(int side) {
  End& end = ends[side];
  if (end.fin_sent || end.error) return;
  CHECK(!end.send, "shutdown_send with a send in flight");
  end.fin_sent = true;
  push(side, Segment{SegmentKind::fin, {}});
}

void SimConnection::close(int side, bool abrupt) {
  End& end = ends[side];
  if (!end.net) return;
  const bool cut_short = end.send != nullptr;
  deliver(side, false, -ECANCELED);
  deliver(side, true, -ECANCELED);
  const bool reset = !end.received.empty() || cut_short || (abrupt && network.world().random().chance(1, 2));
  end.send_left.clear();
  end.received.clear();
  end.net = nullptr;
  if (end.error) return;
  if (reset)
    push(side, Segment{SegmentKind::reset, {}});
  else if (!end.fin_sent)
    push(side, Segment{SegmentKind::fin, {}});
  end.fin_sent = true;
}

void SimConnection::vanish(int side) {
  End& end = ends[side];
  end.net = nullptr;
  end.vanished = true;
  end.recv = end.send = nullptr;
  end.send_left.clear();
  end.under_way.clear();
  end.bytes_under_way = 0;
  end.arrivals_scheduled = 0;
  end.error = -ECONNRESET;
}

void SimConnection::tear() {
  for (int side : {0, 1}) break_end(side, -ECONNRESET);
}

void SimConnection::resume() {
  for (int side : {0, 1}) {
    End& from = ends[side];
    ++from.stall;
    while (from.arrivals_scheduled < from.under_way.size()) schedule_arrival(side);
  }
}

}  // namespace weir::sim
