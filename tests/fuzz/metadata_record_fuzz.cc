#include "base/wire/records/metadata_record.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::wire;
  auto record = decode_metadata_record({data, size});
  if (!record.ok()) return 0;
  (void)metadata_record_text(*record);
  auto again = decode_metadata_record(encode_metadata_record(*record));
  CHECK(again.ok() && again->index() == record->index(), "what we encode decodes", again.ok());
  return 0;
}
