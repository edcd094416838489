#include "broker/topic_creator.h"

#include <algorithm>

#include "broker/api/api.h"

namespace weir::broker {
namespace {

constexpr Duration kImageTimeout{5'000'000'000};

bool has_leaders(const replication::MetadataImage& image, const std::string& name) {
  const replication::TopicImage* topic = image.topic(name);
  return topic && std::all_of(topic->partitions.begin(), topic->partitions.end(),
                              [](const auto& p) { return p.leader != kNoBroker; });
}

wire::CreateTopicsRequest::CreatableTopic describe(const std::string& name, const Services& node) {
  wire::CreateTopicsRequest::CreatableTopic topic;
  topic.name = name;
  topic.num_partitions = -1;
  topic.replication_factor = -1;
  auto alive = std::count_if(node.image().brokers.begin(), node.image().brokers.end(),
                             [](const auto& b) { return !b.second->fenced; });
  auto factor = [&](int32_t wanted) {
    return static_cast<int16_t>(std::max<int64_t>(1, std::min<int64_t>(wanted, alive)));
  };
  if (name == "__consumer_offsets") {
    topic.num_partitions = node.config.offsets_topic_num_partitions;
    topic.replication_factor = factor(node.config.offsets_topic_replication_factor);
    topic.configs = {{"cleanup.policy", "compact"},
                     {"compression.type", "producer"},
                     {"segment.bytes", std::to_string(node.config.offsets_topic_segment_bytes)}};
  } else if (name.starts_with("__weir_")) {
    topic.num_partitions = 1;
    topic.replication_factor = factor(3);
    topic.configs = {{"cleanup.policy", "compact"}, {"max.message.bytes", "67108864"}};
    // Its leader moves the log start, and that lets whole segments go; a segment must hold the largest record.
    if (name == "__weir_jobs") topic.configs.push_back({"segment.bytes", "67108864"});
  }
  return topic;
}

}  // namespace

void TopicCreator::ensure(const std::string& topic, std::function<void(ErrorCode)> done) {
  if (has_leaders(node_->image(), topic)) return done(ErrorCode::none);
  auto& waiting = waiting_[topic];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  wire::CreateTopicsRequest request;
  request.topics.push_back(describe(topic, *node_));
  request.timeout_ms = static_cast<int32_t>(kControllerTimeout.count() / 1'000'000);
  node_->quorum.call(request, 7, kControllerTimeout, [this, topic](Result<wire::CreateTopicsResponse> response) {
    ErrorCode code = response ? ErrorCode::unknown_server_error : response.code();
    if (response && !response->topics.empty()) code = static_cast<ErrorCode>(response->topics[0].error_code);
    if (code != ErrorCode::none && code != ErrorCode::topic_already_exists) return finish(topic, code);
    node_->metadata_waiter.wait(
        node_->replicas.image(), [topic](const replication::MetadataImage& image) { return has_leaders(image, topic); },
        kImageTimeout,
        [this, topic](bool there) { finish(topic, there ? ErrorCode::none : ErrorCode::leader_not_available); });
  });
}

void TopicCreator::finish(const std::string& topic, ErrorCode code) {
  auto waiting = std::move(waiting_[topic]);
  waiting_.erase(topic);
  for (auto& done : waiting) done(code);
}

void ProducerIds::next(std::function<void(Result<ProducerId>)> done) {
  if (next_ < end_) return done(next_++);
  waiting_.push_back(std::move(done));
  if (!fetching_) fetch_block();
}

void ProducerIds::fetch_block() {
  fetching_ = true;
  node_->quorum.allocate_producer_ids(kControllerTimeout, [this](Result<wire::AllocateProducerIdsResponse> response) {
    fetching_ = false;
    ErrorCode code = response ? static_cast<ErrorCode>(response->error_code) : response.code();
    auto waiting = std::move(waiting_);
    waiting_.clear();
    if (code == ErrorCode::none) next_ = response->producer_id_start, end_ = next_ + response->producer_id_len;
    for (auto& done : waiting) {
      if (code != ErrorCode::none)
        done(Result<ProducerId>(code));
      else
        next(std::move(done));
    }
  });
}

}  // namespace weir::broker
