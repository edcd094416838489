#include "base/wire/record_batch.h"

#include "base/util/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir::wire;
  BatchIterator batches({data, size});
  while (auto batch = batches.next()) {
    for (bool consecutive : {false, true}) {
      auto checked = validate_batch(
          batch->bytes(),
          {.crc = false, .consecutive_offsets = consecutive, .records = true, .decompressed_max = 1 << 20});
      CHECK(!checked.ok() || checked->decompressed_bytes <= 1 << 20 || batch->compression() == Compression::none,
            "the limit holds", checked.ok() ? checked->decompressed_bytes : 0);
    }
    auto records = RecordIterator::open(*batch, 1 << 20);
    if (!records.ok()) continue;
    while (auto record = records->next()) {
      (void)record->headers();
      (void)parse_control_key(*record);
    }
  }
  return 0;
}
