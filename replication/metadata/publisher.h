#pragma once
#include <string>
#include <vector>

#include "replication/metadata/image_builder.h"

namespace weir::replication {

/// Turns committed records into images and hands them to those who live by them, in the order in which they asked to
/// hear.
class Publisher {
 public:
  explicit Publisher(std::string cluster_id);

  void replay(const std::vector<wire::MetadataRecord>& records);
  void set_controller(BrokerId controller, LeaderEpoch epoch) { builder_.set_controller(controller, epoch); }
  /// Publishes what was replayed, all below `offset`; nothing when nothing changed.
  void publish(Offset offset);

  /// When there is an image with something in it, the listener hears of all of it now.
  void add_listener(MetadataListener& listener);
  const ImagePtr& image() const { return image_; }

 private:
  ImageBuilder builder_;
  ImagePtr image_;
  std::vector<MetadataListener*> listeners_;
};

}  // namespace weir::replication
