#include "broker/suspects.h"

#include <algorithm>

namespace weir::broker {
namespace {
constexpr Duration kProbeTimeout{200'000'000};
}  // namespace

Suspects::Suspects(io::Runtime& runtime, replication::Transport& peers)
    : runtime_(runtime), peers_(peers), timer_([this] { look(); }) {
  peers_.on_disconnect([this, alive = alive_](BrokerId node) {
    if (*alive) on_disconnect(node);
  });
}

Suspects::~Suspects() { *alive_ = false; }

void Suspects::when_clear(Duration delay, std::function<void()> done) {
  if (delay > Duration{0}) {
    auto it = delayed_.insert(delayed_.end(), {nullptr, std::move(done)});
    it->timer = std::make_unique<io::Timer>([this, it] {
      auto d = std::move(*it);
      delayed_.erase(it);
      when_clear(Duration{0}, std::move(d.done));
    });
    return runtime_.arm_in(*it->timer, delay);
  }
  if (suspected_.empty()) return done();
  waiting_.push_back(std::move(done));
}

void Suspects::on_disconnect(BrokerId node) {
  const replication::BrokerImage* broker = image_ ? image_->broker(node) : nullptr;
  if (!broker || broker->fenced || suspected_.contains(node)) return;
  suspected_[node] = {broker->epoch, runtime_.now() + kHoldMax};
  if (!timer_.armed()) runtime_.arm_in(timer_, kHoldMax);
  // Of a node that takes connections nothing is to be expected soon: its connection broke for another reason, or it is
  // back already.
  peers_.probe(node, kProbeTimeout, [this, alive = alive_, node](bool reachable) {
    if (*alive && reachable) clear(node);
  });
}

void Suspects::on_image(const replication::ImagePtr& image) {
  image_ = image;
  std::erase_if(suspected_, [&](const auto& s) {
    const replication::BrokerImage* broker = image_->broker(s.first);
    return !broker || broker->fenced || broker->epoch != s.second.epoch;
  });
  look();
}

void Suspects::clear(BrokerId node) {
  suspected_.erase(node);
  look();
}

/// Forgets who was suspected for too long, and lets the waiting go when nobody is left.
void Suspects::look() {
  const MonoTime now = runtime_.now();
  std::erase_if(suspected_, [&](const auto& s) { return s.second.until <= now; });
  if (!suspected_.empty()) {
    MonoTime next = MonoTime::max();
    for (const auto& [id, s] : suspected_) next = std::min(next, s.until);
    return runtime_.arm(timer_, next);
  }
  runtime_.disarm(timer_);
  auto waiting = std::move(waiting_);
  waiting_.clear();
  for (auto& done : waiting) done();
}

}  // namespace weir::broker
