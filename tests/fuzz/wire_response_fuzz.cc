#include "base/wire/frame.h"
#include "tests/base/wire/all_messages.h"

namespace weir::wire {
namespace {

template <class M>
void again(const Buffer& body, int16_t version) {
  auto m = decode<M>(body, version);
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
  if (size < 2) return 0;
  int16_t key = data[0];
  int16_t version = data[1];
  auto response = parse_response(weir::Buffer::copy_of({data + 2, size - 2}), key, version);
  if (!response.ok()) return 0;
  switch (key) {
#define API(key, Name, snake, min, max, flexible_since, flags) \
  case key:                                                    \
    again<Name##Response>(response->body, version);            \
    break;
#include "base/wire/apis.def"
#undef API
    default:
      break;
  }
  return 0;
}
