#pragma once
#include <functional>
#include <memory>
#include <set>

#include "base/io/runtime.h"
#include "replication/call.h"
#include "replication/controller/refusals.h"

namespace weir::replication {

/// Takes requests to the active controller, wherever it is: a plain call when it is this node, else over the transport.
/// What comes back as NOT_CONTROLLER, or not at all, is tried again with whoever leads then, until its timeout; a
/// change of leader is a reason to try at once.
class ControllerChannel {
 public:
  ControllerChannel(io::Runtime& runtime, Transport& transport, BrokerId self, std::function<BrokerId()> leader)
      : runtime_(runtime), transport_(transport), self_(self), leader_(std::move(leader)) {}
  ~ControllerChannel() { *alive_ = false; }

  /// `local(request, reply)` serves the request here. Errors: request_timed_out, limit_reached.
  template <class Response, class Request, class Local>
  void call(const Request& request, int16_t version, Duration timeout, Local local,
            std::function<void(Result<Response>)> done) {
    if (attempts_.size() >= kAttemptsMax) return done(Error(ErrorCode::limit_reached, "controller channel"));
    auto a = std::make_shared<Attempt>();
    a->deadline = runtime_.now() + timeout;
    a->order = next_order_++;
    a->timer = std::make_unique<io::Timer>([this, w = std::weak_ptr<Attempt>(a)] {
      if (auto a = w.lock()) run(*a);
    });
    auto keep = std::weak_ptr<Attempt>(a);
    auto finish = [this, keep, done](Result<Response> r) {
      auto a = keep.lock();
      if (!a || !attempts_.erase(a)) return;
      runtime_.defer([a] {});  // its timer may be what calls
      done(std::move(r));
    };
    auto judge = [this, keep, finish](uint64_t number, Result<Response> r) {
      auto a = keep.lock();
      if (!a || !*alive_ || number != a->number) return;  // answered by a later try, or given up
      a->in_flight = false;
      if (r && !is_misdirected(refusal_of(*r))) return finish(std::move(r));
      bool unreadable = !r && (r.code() == ErrorCode::truncated || r.code() == ErrorCode::malformed);
      if (unreadable) return finish(std::move(r));
      retry(*a);
    };
    a->expire = [finish] { finish(Error(ErrorCode::request_timed_out, "no answer from the active controller")); };
    a->start = [this, keep, request, version, local, judge](BrokerId to) {
      auto a = keep.lock();
      a->in_flight = true;
      uint64_t number = ++a->number;
      if (to == self_) return local(request, [judge, number](Response r) { judge(number, std::move(r)); });
      Duration patience = std::min(a->deadline - runtime_.now(), kTryTimeout);
      replication::call<Response>(transport_, to, Lane::controller, request, version, patience,
                                  [judge, number, alive = alive_](Result<Response> r) {
                                    if (*alive) judge(number, std::move(r));
                                  });
    };
    attempts_.insert(a);
    run(*a);
  }

  /// Somebody else leads, or this node's controller became active: what waits or was sent elsewhere is tried again.
  void leader_changed() {
    auto all = attempts_;
    for (const auto& a : all)
      if (!a->in_flight || a->to != leader_()) run(*a);
  }
  size_t pending() const { return attempts_.size(); }

 private:
  static constexpr size_t kAttemptsMax = 10'000;
  static constexpr Duration kTryTimeout{3'000'000'000};
  static constexpr Duration kRetryDelay{20'000'000};
  struct Attempt {
    MonoTime deadline;
    std::unique_ptr<io::Timer> timer;
    std::function<void(BrokerId)> start;
    std::function<void()> expire;
    BrokerId to = kNoBroker;
    bool in_flight = false;
    uint64_t number = 0;
    uint64_t order = 0;  // of the calls
  };
  struct InOrder {  // not by address: tries after a leader change go out in the order of the calls
    bool operator()(const std::shared_ptr<Attempt>& a, const std::shared_ptr<Attempt>& b) const {
      return a->order < b->order;
    }
  };

  void run(Attempt& attempt) {
    Attempt& a = attempt;
    if (runtime_.now() >= a.deadline) return a.expire();
    a.to = leader_();
    a.number++;  // an answer to an earlier try comes too late
    a.in_flight = false;
    runtime_.arm(*a.timer, a.deadline);
    if (a.to == kNoBroker) return retry(a);
    a.start(a.to);
  }
  void retry(Attempt& a) { runtime_.arm(*a.timer, std::min(a.deadline, runtime_.now() + kRetryDelay)); }

  io::Runtime& runtime_;
  Transport& transport_;
  const BrokerId self_;
  const std::function<BrokerId()> leader_;
  std::set<std::shared_ptr<Attempt>, InOrder> attempts_;
  uint64_t next_order_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::replication
