// Every message at every version with random content: what is written comes back, what is cut or damaged is an error
// and no crash. And the bytes that real clients and Apache Kafka sent (tests/golden/wire): decoded and encoded they are
// the same bytes.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "base/util/flatten.h"
#include "base/wire/frame.h"
#include "base/wire/record_batch.h"
#include "tests/base/wire/all_messages.h"
#include "tests/base/wire/random_message.h"

namespace weir::wire {
namespace {

/// The codecs of one message behind plain functions, so that the tests are compiled once and not for each message.
struct Codec {
  std::string name;
  int16_t min, max;
  Buffer (*random)(uint32_t seed, int16_t version);
  /// What is decoded of the bytes, encoded again; `text` tells people what it was.
  Result<Buffer> (*again)(const Buffer& bytes, int16_t version, std::string* text);
};

template <class M>
Buffer random_bytes(uint32_t seed, int16_t version) {
  return encode_flat(random_message<M>(seed, version), version);
}

template <class M>
Result<Buffer> recode(const Buffer& bytes, int16_t version, std::string* text) {
  Result<M> m = decode<M>(bytes, version);
  if (!m.ok()) return m.error();
  if (text != nullptr) *text = to_text(*m, version);
  return encode_flat(*m, version);
}

template <class M>
Codec codec_of(const char* name) {
  return {name, M::kMinVersion, M::kMaxVersion, random_bytes<M>, recode<M>};
}

const std::vector<Codec>& codecs() {
  static const std::vector<Codec> all = {
#define API(key, Name, snake, min, max, flexible_since, flags) \
  codec_of<Name##Request>(#Name "Request"), codec_of<Name##Response>(#Name "Response"),
#include "base/wire/apis.def"
#undef API
#define DATA(Name) codec_of<Name>(#Name),
      WEIR_WIRE_DATA_MESSAGES(DATA)
#undef DATA
  };
  return all;
}

const Codec* find_codec(const std::string& name) {
  for (const Codec& c : codecs()) {
    if (c.name == name) return &c;
  }
  return nullptr;
}

TEST(RoundTrip, EveryMessageComesBackAtEveryVersion) {
  for (const Codec& c : codecs()) {
    for (int16_t v = c.min; v <= c.max; ++v) {
      for (uint32_t seed = 0; seed < 20; ++seed) {
        Buffer bytes = c.random(seed, v);
        std::string text;
        Result<Buffer> again = c.again(bytes, v, &text);
        ASSERT_TRUE(again.ok()) << c.name << " " << v << " " << again.error().message();
        EXPECT_EQ(as_string(*again), as_string(bytes)) << c.name << " " << v << " " << text;
      }
    }
  }
}

TEST(RoundTrip, MessagesCutAtAnyByteAreErrors) {
  for (const Codec& c : codecs()) {
    for (int16_t v = c.min; v <= c.max; ++v) {
      Buffer bytes = c.random(7, v);
      for (size_t n = 0; n < bytes.size(); ++n) {
        Result<Buffer> r = c.again(bytes.slice(0, n), v, nullptr);
        ASSERT_FALSE(r.ok()) << c.name << " " << v << " cut at " << n << " of " << bytes.size();
        ASSERT_TRUE(r.code() == ErrorCode::truncated || r.code() == ErrorCode::malformed) << c.name;
      }
    }
  }
}

TEST(RoundTrip, HugeLengthsAnywhereAreSurvived) {
  const uint8_t huge[] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f};
  for (const Codec& c : codecs()) {
    Buffer bytes = c.random(3, c.max);
    for (size_t at = 0; at < bytes.size(); ++at) {
      for (size_t skip : {0, 1, 5}) {
        Buffer damaged = Buffer::copy_of(bytes);
        for (size_t i = skip; i < sizeof huge && at + i - skip < damaged.size(); ++i) {
          damaged.data()[at + i - skip] = huge[i];
        }
        (void)c.again(damaged, c.max, nullptr);
      }
    }
  }
}

TEST(RoundTrip, VersionsThatAMessageDoesNotHaveAreUnsupported) {
  Buffer some = Buffer::copy_of(as_bytes("anything"));
  for (const Codec& c : codecs()) {
    EXPECT_EQ(c.again(some, static_cast<int16_t>(c.max + 1), nullptr).code(), ErrorCode::unsupported_version) << c.name;
    EXPECT_EQ(c.again(some, static_cast<int16_t>(c.min - 1), nullptr).code(), ErrorCode::unsupported_version) << c.name;
  }
}

// --- golden bytes: lines of "client kind key version hex", a whole frame without its length prefix each
// (tests/golden/README.md)

struct Golden {
  std::string client;
  char kind = 0;  // q: request, r: response
  int16_t key = 0, version = 0;
  Buffer frame;
};

std::vector<Golden> read_golden() {
  std::vector<Golden> all;
  for (const auto& entry : std::filesystem::directory_iterator(WEIR_SOURCE_DIR "/tests/golden/wire")) {
    std::ifstream file(entry.path());
    Golden g;
    std::string hex;
    while (file >> g.client >> g.kind >> g.key >> g.version >> hex) {
      g.frame = Buffer::allocate(hex.size() / 2);
      for (size_t i = 0; i < g.frame.size(); ++i) {
        g.frame.data()[i] = static_cast<uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
      }
      all.push_back(g);
    }
  }
  return all;
}

std::string line_of(const Golden& g) {
  return g.client + " " + g.kind + " " + std::to_string(g.key) + " v" + std::to_string(g.version);
}

// Frames of one message in and out again, header included.
Result<Buffer> frame_again(const Golden& g, std::string* text) {
  const ApiRow* api = find_api(g.key);
  if (api == nullptr) return Error(ErrorCode::unsupported_version, "api");
  Writer out;
  Buffer body;
  if (g.kind == 'q') {
    TRY_ASSIGN(ParsedRequest request, parse_request(g.frame));
    begin_request(out, request.header);
    body = request.body;
  } else {
    TRY_ASSIGN(ParsedResponse response, parse_response(g.frame, g.key, g.version));
    begin_response(out, g.key, g.version, response.correlation_id);
    body = response.body;
  }
  const Codec* codec = find_codec(std::string(api->name) + (g.kind == 'q' ? "Request" : "Response"));
  TRY_ASSIGN(Buffer again, codec->again(body, g.version, text));
  out.splice({again});
  Buffer flat = flatten(end_frame(out));
  EXPECT_EQ(load_be<int32_t>(flat.data()), static_cast<int32_t>(flat.size() - 4));
  return flat.slice(4);
}

TEST(Golden, BytesOfRealClientsAndOfKafkaComeBackTheSame) {
  std::vector<Golden> all = read_golden();
  ASSERT_GT(all.size(), 100u);
  for (const Golden& g : all) {
    std::string text;
    Result<Buffer> again = frame_again(g, &text);
    ASSERT_TRUE(again.ok()) << line_of(g) << " " << again.error().message();
    EXPECT_EQ(as_string(*again), as_string(g.frame)) << line_of(g) << " " << text;
  }
}

// Gives the number of batches.
int check_batches(const std::optional<BufferChain>& records, const std::string& where, std::set<Compression>& codecs) {
  int count = 0;
  for (const Buffer& slice : records.value_or(BufferChain{})) {
    BatchIterator it(slice);
    while (auto batch = it.next()) {
      auto checked = validate_batch(batch->bytes(), {.records = true});
      EXPECT_TRUE(checked.ok()) << where << " " << checked.error().message();
      codecs.insert(batch->compression());
      ++count;
    }
    EXPECT_TRUE(it.status().ok()) << where;
  }
  return count;
}

TEST(Golden, BatchesOfRealClientsAreValid) {
  std::map<std::string, std::set<Compression>> codecs;
  for (const Golden& g : read_golden()) {
    if (g.key == 0 && g.kind == 'q') {
      auto request = decode<ProduceRequest>(parse_request(g.frame)->body, g.version);
      ASSERT_TRUE(request.ok());
      for (const auto& topic : request->topic_data) {
        for (const auto& p : topic.partition_data) EXPECT_GT(check_batches(p.records, line_of(g), codecs[g.client]), 0);
      }
    }
    if (g.key == 1 && g.kind == 'r') {
      auto response = decode<FetchResponse>(parse_response(g.frame, g.key, g.version)->body, g.version);
      ASSERT_TRUE(response.ok());
      for (const auto& topic : response->responses) {
        for (const auto& p : topic.partitions) check_batches(p.records, line_of(g), codecs[g.client]);
      }
    }
  }
  EXPECT_EQ(codecs["librdkafka"].size(), 5u);
  EXPECT_GE(codecs["kafka_python"].size(), 4u);
  EXPECT_GE(codecs["java"].size(), 1u);
}

TEST(Golden, EveryFrameCutAtAnyByteIsAnError) {
  for (const Golden& g : read_golden()) {
    for (size_t n = 0; n < g.frame.size(); ++n) {
      Golden cut = g;
      cut.frame = g.frame.slice(0, n);
      ASSERT_FALSE(frame_again(cut, nullptr).ok()) << line_of(g) << " cut at " << n;
    }
  }
}

}  // namespace
}  // namespace weir::wire
