#include "tools/client/producer.h"

#include "base/wire/messages/init_producer_id.h"
#include "base/wire/messages/produce.h"

namespace weir::client {

uint32_t murmur2(ConstBytes bytes) {
  constexpr uint32_t kM = 0x5bd1e995;
  uint32_t h = 0x9747b28c ^ static_cast<uint32_t>(bytes.size());
  size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    auto k = load_le<uint32_t>(bytes.data() + i) * kM;
    h = h * kM ^ (k ^ k >> 24) * kM;
  }
  if (size_t left = bytes.size() - i; left > 0) {
    for (size_t j = left; j-- > 0;) h ^= static_cast<uint32_t>(bytes[i + j]) << (8 * j);
    h *= kM;
  }
  h = (h ^ h >> 13) * kM;
  return h ^ h >> 15;
}

Result<PartitionId> Producer::partition_for(const std::string& topic, const std::optional<std::string>& key) {
  TRY_ASSIGN(const TopicMetadata* t, client_.topic(topic));
  auto count = static_cast<uint32_t>(t->partitions.size());
  if (count == 0) return Error(ErrorCode::leader_not_available, "client", topic);
  uint32_t h = key ? murmur2(as_bytes(*key)) & 0x7fffffff : turn_++;
  return static_cast<PartitionId>(h % count);
}

Status Producer::init() {
  if (options_.acks != -1 || id_ != kNoProducerId) return {};
  return client_.retry([&]() -> Status {
    wire::InitProducerIdRequest request;
    request.transactional_id.reset();
    request.transaction_timeout_ms = 60'000;
    TRY_ASSIGN(auto response,
               (client_.call_any<wire::InitProducerIdRequest, wire::InitProducerIdResponse>(request, 4)));
    TRY(answered(response.error_code, "producer id"));
    id_ = response.producer_id;
    epoch_ = response.producer_epoch;
    return {};
  });
}

Result<Offset> Producer::send(const TopicPartition& to, std::span<const OutRecord> records) {
  TRY(init());
  wire::RecordBatchBuilder::Options options;
  options.compression = options_.compression;
  if (options_.acks == -1) {
    options.producer_id = id_;
    options.producer_epoch = epoch_;
    options.base_sequence = sequences_[to];
  }
  wire::RecordBatchBuilder builder(options);
  std::vector<wire::RecordHeaderView> headers;
  for (const OutRecord& r : records) {
    headers.clear();
    for (const auto& [name, value] : r.headers) headers.push_back({name, as_bytes(value)});
    auto bytes = [](const std::optional<std::string>& s) { return s ? std::optional(as_bytes(*s)) : std::nullopt; };
    builder.append(r.timestamp, bytes(r.key), bytes(r.value), headers);
  }
  if (builder.empty()) return Error(ErrorCode::invalid_argument, "client", "an empty batch");
  Buffer batch = builder.build();
  Patience patience(options_.delivery_timeout_ms);
  for (;;) {
    auto result = attempt(to, batch);
    // The batch was there already: an earlier attempt whose answer got lost.
    if (!result && result.code() == ErrorCode::duplicate_sequence_number) result = Offset{kNoOffset};
    if (result) {
      // Sequences wrap from 2^31-1 to 0 (KIP-98).
      if (options_.acks == -1)
        sequences_[to] = static_cast<int32_t>((int64_t{sequences_[to]} + builder.count()) & INT32_MAX);
      return result;
    }
    if (!error_is_retriable(result.code()) || !patience.pause()) return result;
    client_.forget_leaders();
  }
}

Result<Offset> Producer::attempt(const TopicPartition& to, const Buffer& batch) {
  wire::ProduceRequest request;
  request.acks = options_.acks;
  request.timeout_ms = client_.options().connection.request_timeout_ms;
  auto& topic = request.topic_data.emplace_back();
  topic.name = to.topic;
  auto& partition = topic.partition_data.emplace_back();
  partition.index = to.partition;
  partition.records = BufferChain{batch};
  TRY_ASSIGN(BrokerId id, client_.leader(to));
  TRY_ASSIGN(Connection * c, client_.node(id));
  // Version 12 is the last one with topic names (KIP-516).
  TRY_ASSIGN(auto sent, c->send(request, 12));
  if (options_.acks == 0) return Offset{kNoOffset};
  TRY_ASSIGN(auto response, c->receive<wire::ProduceResponse>(sent));
  if (response.responses.size() != 1 || response.responses[0].partition_responses.size() != 1) {
    return Error(ErrorCode::malformed, "client", "an answer to Produce without the partition");
  }
  const auto& answer = response.responses[0].partition_responses[0];
  TRY(answered(answer.error_code, to.to_string(), answer.error_message));
  return answer.base_offset;
}

}  // namespace weir::client
