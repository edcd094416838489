#include "base/wire/frame.h"

#include <algorithm>
#include <array>

namespace weir::wire {

namespace {

constexpr ApiRow kRows[] = {
#define API(key, Name, snake, min, max, flexible_since, flags) {key, #Name, #snake, min, max, flexible_since, flags},
#include "base/wire/apis.def"
#undef API
};
static_assert(std::is_sorted(std::begin(kRows), std::end(kRows),
                             [](const ApiRow& a, const ApiRow& b) { return a.key < b.key; }));

}  // namespace

std::span<const ApiRow> all_apis() { return kRows; }

const ApiRow* find_api(int16_t key) {
  const ApiRow* row = std::lower_bound(std::begin(kRows), std::end(kRows), key,
                                       [](const ApiRow& r, int16_t k) { return r.key < k; });
  return row != std::end(kRows) && row->key == key ? row : nullptr;
}

Result<ParsedRequest> parse_request(const Buffer& frame) {
  Reader in(frame);
  ParsedRequest r;
  r.header.api_key = in.fixed<int16_t>();
  r.header.api_version = in.fixed<int16_t>();
  r.header.correlation_id = in.fixed<int32_t>();
  TRY(in.status());
  const ApiRow* api = find_api(r.header.api_key);
  if (api == nullptr)
    return Error(ErrorCode::unsupported_version, "request header", "api key " + std::to_string(r.header.api_key));
  // The client id keeps its 16-bit length in header 2 (KIP-482), so that a broker can read it before it knows the
  // version.
  int32_t n = in.string_length(false);
  if (n >= 0) r.header.client_id.emplace(as_string(in.raw(static_cast<size_t>(n))));
  if (api->request_header_version(r.header.api_version) >= 2) in.skip_tags();
  TRY(in.status());
  r.body = frame.slice(in.position());
  return r;
}

Result<ParsedResponse> parse_response(const Buffer& frame, int16_t api_key, int16_t version) {
  const ApiRow* api = find_api(api_key);
  if (api == nullptr)
    return Error(ErrorCode::unsupported_version, "response header", "api key " + std::to_string(api_key));
  Reader in(frame);
  ParsedResponse r;
  r.correlation_id = in.fixed<int32_t>();
  if (api->response_header_version(version) >= 1) in.skip_tags();
  TRY(in.status());
  r.body = frame.slice(in.position());
  return r;
}

void begin_request(Writer& out, const RequestHeader& header) {
  const ApiRow* api = find_api(header.api_key);
  CHECK(api != nullptr, "request of an unknown api", header.api_key);
  out.fixed<int32_t>(0);
  out.fixed(header.api_key);
  out.fixed(header.api_version);
  out.fixed(header.correlation_id);
  if (header.client_id)
    out.string(*header.client_id, false);
  else
    out.null_string(false);
  if (api->request_header_version(header.api_version) >= 2) out.uvarint(0);
}

void begin_response(Writer& out, int16_t api_key, int16_t version, int32_t correlation_id) {
  const ApiRow* api = find_api(api_key);
  CHECK(api != nullptr, "response of an unknown api", api_key);
  out.fixed<int32_t>(0);
  out.fixed(correlation_id);
  if (api->response_header_version(version) >= 1) out.uvarint(0);
}

BufferChain end_frame(Writer& out) {
  size_t size = out.size();
  CHECK(size >= 4 && size - 4 <= INT32_MAX, "frame size", size);
  BufferChain frame = out.finish();
  CHECK(frame.front().size() >= 4, "the length prefix is in one piece");
  store_be(frame.front().data(), static_cast<int32_t>(size - 4));
  return frame;
}

}  // namespace weir::wire
