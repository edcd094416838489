#include "broker/services.h"

#include <algorithm>

namespace weir::broker {

bool Services::takes_controller_apis(const std::string& listener) const {
  return controller_listeners.empty() ||
         std::find(controller_listeners.begin(), controller_listeners.end(), listener) != controller_listeners.end();
}

void MetadataWaiter::wait(const replication::ImagePtr& now, Predicate holds, Duration timeout,
                          std::function<void(bool)> done) {
  if (now && holds(*now)) return done(true);
  waits_.push_back({std::move(holds), std::move(done), nullptr});
  auto it = std::prev(waits_.end());
  it->timer = std::make_unique<io::Timer>([this, it] {
    auto wait = std::move(*it);
    waits_.erase(it);
    wait.done(false);
  });
  runtime_.arm_in(*it->timer, timeout);
}

void MetadataWaiter::on_image(const replication::MetadataImage& image) {
  std::vector<std::function<void(bool)>> held;
  for (auto it = waits_.begin(); it != waits_.end();) {
    if (!it->holds(image)) {
      ++it;
      continue;
    }
    held.push_back(std::move(it->done));
    it = waits_.erase(it);
  }
  for (auto& done : held) done(true);
}

}  // namespace weir::broker
