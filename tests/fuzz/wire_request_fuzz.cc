#include "base/wire/frame.h"
#include "tests/base/wire/all_messages.h"

namespace weir::wire {
namespace {

template <class M>
void again(const ParsedRequest& request) {
  int16_t version = request.header.api_version;
  auto m = decode<M>(request.body, version);
  if (!m.ok()) return;
  (void)to_text(*m, version);
  Buffer bytes = encode_flat(*m, version);
  auto back = decode<M>(bytes, version);
  CHECK(back.ok(), "what we encode decodes", back.error().message());
  CHECK(as_string(encode_flat(*back, version)) == as_string(bytes), "and is the same");
}

}  // namespace
}  // namespace weir::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::wire;
  auto request = parse_request(weir::Buffer::copy_of({data, size}));
  if (!request.ok()) return 0;
  switch (request->header.api_key) {
#define API(key, Name, snake, min, max, flexible_since, flags) \
  case key:                                                    \
    again<Name##Request>(*request);                            \
    break;
#include "base/wire/apis.def"
#undef API
    default:
      break;
  }
  return 0;
}
