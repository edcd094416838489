#pragma once
#include "base/wire/apis.h"
#include "base/wire/codec.h"

namespace weir::wire {

struct RequestHeader {
  int16_t api_key = 0;
  int16_t api_version = 0;
  int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

struct ParsedRequest {
  RequestHeader header;
  Buffer body;
};

struct ParsedResponse {
  int32_t correlation_id = 0;
  Buffer body;
};

/// A request without its length prefix: header 1 or 2 as apis.def says, whatever the version (a version that we don't
/// have is the caller's matter). The body is a slice of `frame`. Errors: unsupported_version for a key that is not in
/// apis.def; truncated, malformed.
Result<ParsedRequest> parse_request(const Buffer& frame);
/// A response without its length prefix, to a request of `api_key` at `version`. Errors as above.
Result<ParsedResponse> parse_response(const Buffer& frame, int16_t api_key, int16_t version);

/// Starts and ends a frame: length prefix and header before the body that is encoded into `out` in between.
void begin_request(Writer& out, const RequestHeader& header);
void begin_response(Writer& out, int16_t api_key, int16_t version, int32_t correlation_id);
BufferChain end_frame(Writer& out);

/// Whole frames with their 4-byte length prefix; record data is spliced in, not copied.
template <class M>
BufferChain encode_request(const M& message, int16_t version, int32_t correlation_id,
                           std::optional<std::string> client_id) {
  Writer out;
  begin_request(out, {M::kApiKey, version, correlation_id, std::move(client_id)});
  encode(out, message, version);
  return end_frame(out);
}

template <class M>
BufferChain encode_response(const M& message, int16_t version, int32_t correlation_id) {
  Writer out;
  begin_response(out, M::kApiKey, version, correlation_id);
  encode(out, message, version);
  return end_frame(out);
}

}  // namespace weir::wire
