#pragma once
#include <functional>
#include <list>
#include <map>
#include <memory>

#include "base/io/runtime.h"
#include "replication/metadata/image.h"
#include "replication/transport.h"

namespace weir::broker {

/// Nodes whose connections broke and of whom the metadata does not say yet what became of them. A client that lost a
/// leader asks for metadata within a millisecond of the node's death, some milliseconds before there is another leader;
/// told the old one it asks again only much later (librdkafka: up to 1 s). So its answer waits here.
class Suspects {
 public:
  Suspects(io::Runtime& runtime, replication::Transport& peers);
  ~Suspects();

  /// Calls back once: after `delay`, when nobody is suspected (at once if so then), kHoldMax later at the latest.
  void when_clear(Duration delay, std::function<void()> done);
  /// Every new image, so that suspicion ends with the node's fencing or its new registration.
  void on_image(const replication::ImagePtr& image);
  bool any() const { return !suspected_.empty(); }

  static constexpr Duration kHoldMax{700'000'000};

 private:
  struct Suspect {
    BrokerEpoch epoch;
    MonoTime until;
  };
  struct Delayed {
    std::unique_ptr<io::Timer> timer;
    std::function<void()> done;
  };
  void on_disconnect(BrokerId node);
  void clear(BrokerId node);
  void look();

  io::Runtime& runtime_;
  replication::Transport& peers_;
  replication::ImagePtr image_;
  std::map<BrokerId, Suspect> suspected_;
  std::list<std::function<void()>> waiting_;
  std::list<Delayed> delayed_;
  io::Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::broker
