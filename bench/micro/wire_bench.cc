// Codec, CRC and records: what the broker does for each byte and each record that passes.
#include <benchmark/benchmark.h>

#include "base/util/crc32c.h"
#include "base/util/flatten.h"
#include "base/wire/frame.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/metadata.h"
#include "base/wire/messages/produce.h"
#include "base/wire/record_batch.h"

namespace weir::wire {
namespace {

// JSON-like, so that codecs have something to find.
std::string event(int i, size_t size) {
  std::string s = "{\"service\":\"checkout\",\"ms\":" + std::to_string(i * 7919 % 997) + ",\"path\":\"/cart/" +
                  std::to_string(i) + "\"";
  while (s.size() < size) s += ",\"field" + std::to_string(s.size() * i % 89) + "\":" + std::to_string(s.size() + i);
  s.resize(size);
  return s;
}

Buffer batch_of(int records, size_t record_bytes, Compression codec = Compression::none) {
  RecordBatchBuilder b({.compression = codec, .producer_id = 1, .producer_epoch = 0, .base_sequence = 0});
  for (int i = 0; i < records; ++i) b.append(1700000000000 + i, as_bytes("key"), as_bytes(event(i, record_bytes)));
  return b.build();
}

void BM_Crc32c(benchmark::State& state) {
  Buffer b = Buffer::allocate(static_cast<size_t>(state.range(0)));
  std::memset(b.data(), 7, b.size());
  for (auto _ : state) benchmark::DoNotOptimize(crc32c(b));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->Arg(100)->Arg(1024)->Arg(16 << 10)->Arg(1 << 20);

// One request of 16 KiB batches for n partitions.
void BM_ProduceDecode(benchmark::State& state) {
  ProduceRequest request;
  request.acks = -1;
  auto& topic = request.topic_data.emplace_back();
  Buffer batch = batch_of(16, 1000);
  for (int i = 0; i < state.range(0); ++i) topic.partition_data.push_back({.index = i, .records = BufferChain{batch}});
  Buffer frame = flatten(encode_request(request, 13, 1, "bench")).slice(4);
  for (auto _ : state) {
    auto parsed = parse_request(frame);
    auto decoded = decode<ProduceRequest>(parsed->body, 13);
    benchmark::DoNotOptimize(decoded);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ProduceDecode)->Arg(1)->Arg(100);

void BM_FetchEncode(benchmark::State& state) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  Buffer batch = batch_of(16, 1000);
  for (int i = 0; i < state.range(0); ++i) {
    topic.partitions.push_back({.partition_index = i, .high_watermark = 100, .records = BufferChain{batch}});
  }
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(response, 17, 1));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_FetchEncode)->Arg(1)->Arg(100);

void BM_MetadataEncode(benchmark::State& state) {
  MetadataResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = "topic";
  for (int i = 0; i < state.range(0); ++i) {
    topic.partitions.push_back({.partition_index = i, .replica_nodes = {1, 2, 3}, .isr_nodes = {1, 2, 3}});
  }
  for (auto _ : state) benchmark::DoNotOptimize(encode_response(response, 13, 1));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_MetadataEncode)->Arg(100);

void BM_ValidateHeader(benchmark::State& state) {
  Buffer batch = batch_of(16, 1000);
  for (auto _ : state) benchmark::DoNotOptimize(validate_batch(batch));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
}
BENCHMARK(BM_ValidateHeader);

void BM_IterateRecords(benchmark::State& state) {
  auto codec = static_cast<Compression>(state.range(0));
  int64_t records = 1000;
  Buffer batch = batch_of(static_cast<int>(records), 100, codec);
  for (auto _ : state) {
    auto it = RecordIterator::open(*RecordBatchView::parse(batch));
    while (auto r = it->next()) benchmark::DoNotOptimize(r);
  }
  state.SetItemsProcessed(state.iterations() * records);
  state.SetLabel(std::string(compression_name(codec)));
}
BENCHMARK(BM_IterateRecords)->DenseRange(0, 4);

void BM_BuildBatch(benchmark::State& state) {
  auto codec = static_cast<Compression>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(batch_of(100, 100, codec));
  state.SetItemsProcessed(state.iterations() * 100);
  state.SetLabel(std::string(compression_name(codec)));
}
BENCHMARK(BM_BuildBatch)->DenseRange(0, 4);

}  // namespace
}  // namespace weir::wire
