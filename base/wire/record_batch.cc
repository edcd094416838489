#include "base/wire/record_batch.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/crc32c.h"
#include "base/util/varint.h"

namespace weir::wire {

namespace L = batch_layout;

Result<RecordBatchView> RecordBatchView::parse(ConstBytes bytes) {
  if (bytes.size() < L::kMagic + 1) return Error(ErrorCode::truncated, "record batch");
  auto magic = load_be<int8_t>(bytes.data() + L::kMagic);
  auto length = load_be<int32_t>(bytes.data() + L::kBatchLength);
  if (magic < 0 || magic > 2)
    return Error(ErrorCode::corrupt_message, "record batch", "magic " + std::to_string(magic));
  if (magic != 2) {
    return Error(ErrorCode::unsupported_for_message_format, "record batch", "magic " + std::to_string(magic));
  }
  if (length < static_cast<int32_t>(kBatchHeaderBytes - kBatchLengthOverhead)) {
    return Error(ErrorCode::corrupt_message, "record batch", "length " + std::to_string(length));
  }
  size_t size = static_cast<size_t>(length) + kBatchLengthOverhead;
  if (size > bytes.size()) return Error(ErrorCode::truncated, "record batch");
  return RecordBatchView(bytes.first(size));
}

int32_t RecordBatchView::last_sequence() const {
  if (base_sequence() < 0) return -1;
  return static_cast<int32_t>((static_cast<int64_t>(base_sequence()) + last_offset_delta()) & INT32_MAX);
}

bool RecordBatchView::crc_matches() const { return crc32c(bytes_.subspan(L::kAttributes)) == crc(); }

namespace {

void update_crc(Bytes batch) {
  size_t size = static_cast<size_t>(load_be<int32_t>(batch.data() + L::kBatchLength)) + kBatchLengthOverhead;
  CHECK(size <= batch.size(), "batch is not whole", size, batch.size());
  store_be(batch.data() + L::kCrc, crc32c(batch.subspan(L::kAttributes, size - L::kAttributes)));
}

}  // namespace

void set_base_offset(Bytes batch, Offset offset) {
  CHECK(batch.size() >= kBatchHeaderBytes, "batch is not whole", batch.size());
  store_be(batch.data() + L::kBaseOffset, offset);
}

void set_leader_epoch(Bytes batch, LeaderEpoch epoch) {
  CHECK(batch.size() >= kBatchHeaderBytes, "batch is not whole", batch.size());
  store_be(batch.data() + L::kLeaderEpoch, epoch);
}

void set_log_append_time(Bytes batch, WallMillis time) {
  CHECK(batch.size() >= kBatchHeaderBytes, "batch is not whole", batch.size());
  auto attributes = load_be<int16_t>(batch.data() + L::kAttributes);
  store_be(batch.data() + L::kAttributes, static_cast<int16_t>(attributes | 1 << 3));
  store_be(batch.data() + L::kMaxTimestamp, time);
  update_crc(batch);
}

void set_max_timestamp(Bytes batch, WallMillis time) {
  CHECK(batch.size() >= kBatchHeaderBytes, "batch is not whole", batch.size());
  store_be(batch.data() + L::kMaxTimestamp, time);
  update_crc(batch);
}

std::optional<RecordBatchView> BatchIterator::next() {
  if (left_.empty() || !status_.ok()) return std::nullopt;
  Result<RecordBatchView> batch = RecordBatchView::parse(left_);
  if (!batch.ok()) {
    if (batch.code() != ErrorCode::truncated) status_ = batch.error();
    return std::nullopt;
  }
  left_ = left_.subspan(batch->size_in_bytes());
  return *batch;
}

// --- records

namespace {

bool get_varint(const uint8_t*& p, const uint8_t* end, int32_t& out) {
  uint64_t v = 0;
  size_t n = get_uvarint<32>(p, end, v);
  p += n;
  out = unzigzag32(static_cast<uint32_t>(v));
  return n > 0;
}

bool get_varlong(const uint8_t*& p, const uint8_t* end, int64_t& out) {
  uint64_t v = 0;
  size_t n = get_uvarint<64>(p, end, v);
  p += n;
  out = unzigzag64(v);
  return n > 0;
}

// A length and its bytes; -1 is null.
bool get_field(const uint8_t*& p, const uint8_t* end, std::optional<ConstBytes>& out) {
  int32_t n = 0;
  if (!get_varint(p, end, n) || n < -1 || n > end - p) return false;
  if (n < 0) {
    out.reset();
  } else {
    out = ConstBytes(p, static_cast<size_t>(n));
    p += n;
  }
  return true;
}

bool get_header(const uint8_t*& p, const uint8_t* end, RecordHeaderView& out) {
  std::optional<ConstBytes> key;
  if (!get_field(p, end, key) || !key) return false;
  out.key = as_string(*key);
  return get_field(p, end, out.value);
}

void put_varint(std::vector<uint8_t>& out, int64_t v) {
  uint8_t bytes[kVarint64Max];
  out.insert(out.end(), bytes, bytes + put_uvarint(bytes, zigzag64(v)));
}

size_t varint_size(int64_t v) { return uvarint_size(zigzag64(v)); }

size_t field_size(const std::optional<ConstBytes>& v) {
  return v ? varint_size(static_cast<int64_t>(v->size())) + v->size() : varint_size(-1);
}

void put_field(std::vector<uint8_t>& out, const std::optional<ConstBytes>& v) {
  put_varint(out, v ? static_cast<int64_t>(v->size()) : -1);
  if (v) out.insert(out.end(), v->begin(), v->end());
}

}  // namespace

std::vector<RecordHeaderView> RecordView::headers() const {
  std::vector<RecordHeaderView> all(static_cast<size_t>(header_count));
  const uint8_t* p = header_bytes.data();
  for (RecordHeaderView& h : all)
    CHECK(get_header(p, header_bytes.data() + header_bytes.size(), h), "headers were checked");
  return all;
}

RecordIterator::RecordIterator(const RecordBatchView& batch)
    : base_offset_(batch.base_offset()),
      base_timestamp_(batch.base_timestamp()),
      append_time_(batch.max_timestamp()),
      log_append_time_(batch.timestamp_type() == TimestampType::log_append_time),
      left_(batch.records_count()) {}

Result<RecordIterator> RecordIterator::open(const RecordBatchView& batch, size_t decompressed_max) {
  RecordIterator it(batch);
  ConstBytes records = batch.records();
  if (batch.compression() != Compression::none) {
    TRY_ASSIGN(it.storage_, decompress(batch.compression(), records, decompressed_max));
    records = it.storage_.bytes();
  }
  it.decompressed_bytes_ = records.size();
  it.p_ = records.data();
  it.end_ = records.data() + records.size();
  return it;
}

std::optional<RecordView> RecordIterator::fail(const char* where) {
  status_ = Error(ErrorCode::invalid_record, where);
  return std::nullopt;
}

std::optional<RecordView> RecordIterator::next() {
  if (!status_.ok()) return std::nullopt;
  if (left_ <= 0) return p_ == end_ ? std::nullopt : fail("bytes behind the last record");
  int32_t length = 0;
  if (!get_varint(p_, end_, length) || length < 0 || length > end_ - p_) return fail("record length");
  const uint8_t* p = p_;
  const uint8_t* end = p_ + length;
  RecordView r;
  int64_t timestamp_delta = 0;
  if (p == end) return fail("record attributes");
  ++p;  // attributes: none are defined
  if (!get_varlong(p, end, timestamp_delta)) return fail("record timestamp");
  if (!get_varint(p, end, r.offset_delta)) return fail("record offset");
  if (!get_field(p, end, r.key)) return fail("record key");
  if (!get_field(p, end, r.value)) return fail("record value");
  if (!get_varint(p, end, r.header_count) || r.header_count < 0) return fail("record header count");
  // A header takes two bytes at least.
  if (r.header_count > (end - p) / 2) return fail("record header count");
  const uint8_t* headers = p;
  RecordHeaderView header;
  for (int32_t i = 0; i < r.header_count; ++i) {
    if (!get_header(p, end, header)) return fail("record header");
  }
  if (p != end) return fail("bytes behind a record");
  r.header_bytes = ConstBytes(headers, p);
  r.offset = static_cast<Offset>(static_cast<uint64_t>(base_offset_) + static_cast<uint64_t>(int64_t{r.offset_delta}));
  r.timestamp = log_append_time_ ? append_time_
                                 : static_cast<WallMillis>(static_cast<uint64_t>(base_timestamp_) +
                                                           static_cast<uint64_t>(timestamp_delta));
  p_ = end;
  --left_;
  return r;
}

Result<ControlType> parse_control_key(const RecordView& record) {
  if (!record.key || record.key->size() < 4) return Error(ErrorCode::malformed, "control record key");
  if (load_be<int16_t>(record.key->data()) < 0) return Error(ErrorCode::malformed, "control record key version");
  return static_cast<ControlType>(load_be<int16_t>(record.key->data() + 2));
}

// --- builder

RecordBatchBuilder::RecordBatchBuilder(Options options) : options_(options) {}

void RecordBatchBuilder::append(WallMillis timestamp, std::optional<ConstBytes> key, std::optional<ConstBytes> value,
                                std::span<const RecordHeaderView> headers) {
  append_at(options_.base_offset + last_offset_delta_ + 1, timestamp, key, value, headers);
}

void RecordBatchBuilder::append_at(Offset offset, WallMillis timestamp, std::optional<ConstBytes> key,
                                   std::optional<ConstBytes> value, std::span<const RecordHeaderView> headers) {
  int64_t delta = offset - options_.base_offset;
  CHECK(delta > last_offset_delta_ && delta <= INT32_MAX, "offsets rise", offset, options_.base_offset,
        last_offset_delta_);
  if (count_ == 0) base_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  int64_t timestamp_delta = timestamp - base_timestamp_;

  size_t size = 1 + varint_size(timestamp_delta) + varint_size(delta) + field_size(key) + field_size(value) +
                varint_size(static_cast<int64_t>(headers.size()));
  for (const RecordHeaderView& h : headers) size += field_size(as_bytes(h.key)) + field_size(h.value);

  put_varint(records_, static_cast<int64_t>(size));
  records_.push_back(0);
  put_varint(records_, timestamp_delta);
  put_varint(records_, delta);
  put_field(records_, key);
  put_field(records_, value);
  put_varint(records_, static_cast<int64_t>(headers.size()));
  for (const RecordHeaderView& h : headers) {
    put_field(records_, as_bytes(h.key));
    put_field(records_, h.value);
  }
  last_offset_delta_ = static_cast<int32_t>(delta);
  ++count_;
}

void RecordBatchBuilder::append_control(ControlType type, WallMillis timestamp, ConstBytes value) {
  CHECK(options_.control, "control record in a batch of data");
  uint8_t key[4] = {};
  store_be(key + 2, static_cast<int16_t>(type));
  append(timestamp, ConstBytes(key), value);
}

void RecordBatchBuilder::extend_to(Offset offset) {
  int64_t delta = offset - options_.base_offset;
  CHECK(delta <= INT32_MAX, "batch spans too many offsets", offset, options_.base_offset);
  last_offset_delta_ = std::max(last_offset_delta_, static_cast<int32_t>(delta));
}

Buffer RecordBatchBuilder::build() const {
  ConstBytes records(records_);
  Buffer packed;
  if (options_.compression != Compression::none) {
    Result<Buffer> r = compress(options_.compression, records, options_.compression_level);
    CHECK(r.ok(), "codec of the builder", static_cast<int>(options_.compression));
    packed = std::move(r).value();
    records = packed.bytes();
  }
  Buffer out = Buffer::allocate(kBatchHeaderBytes + records.size());
  uint8_t* p = out.data();
  int attributes = static_cast<int>(options_.compression) | (options_.log_append_time ? 1 << 3 : 0) |
                   (options_.transactional ? 1 << 4 : 0) | (options_.control ? 1 << 5 : 0);
  store_be<int64_t>(p + L::kBaseOffset, options_.base_offset);
  store_be<int32_t>(p + L::kBatchLength, static_cast<int32_t>(out.size() - kBatchLengthOverhead));
  store_be<int32_t>(p + L::kLeaderEpoch, options_.leader_epoch);
  store_be<int8_t>(p + L::kMagic, 2);
  store_be<int16_t>(p + L::kAttributes, static_cast<int16_t>(attributes));
  store_be<int32_t>(p + L::kLastOffsetDelta, last_offset_delta_);
  store_be<int64_t>(p + L::kBaseTimestamp, base_timestamp_);
  store_be<int64_t>(p + L::kMaxTimestamp, options_.log_append_time.value_or(max_timestamp_));
  store_be<int64_t>(p + L::kProducerId, options_.producer_id);
  store_be<int16_t>(p + L::kProducerEpoch, options_.producer_epoch);
  store_be<int32_t>(p + L::kBaseSequence, options_.base_sequence);
  store_be<int32_t>(p + L::kRecordsCount, count_);
  if (!records.empty()) std::memcpy(p + L::kRecords, records.data(), records.size());
  update_crc(out.mutable_bytes());
  return out;
}

// --- checks

namespace {

Status check_counts(const RecordBatchView& batch, const BatchChecks& checks) {
  int32_t count = batch.records_count();
  int32_t last = batch.last_offset_delta();
  if (count < 0 || last < 0) return Error(ErrorCode::invalid_record, "record batch count");
  bool fits = checks.consecutive_offsets ? int64_t{count} == int64_t{last} + 1 : int64_t{count} <= int64_t{last} + 1;
  if (!fits) {
    return Error(ErrorCode::invalid_record, "record batch count",
                 std::to_string(count) + " records, last offset delta " + std::to_string(last));
  }
  return {};
}

Status check_records(CheckedBatch& out, const BatchChecks& checks) {
  const RecordBatchView& batch = out.header;
  Result<RecordIterator> it = RecordIterator::open(batch, checks.decompressed_max);
  if (it.code() == ErrorCode::limit_reached) return Error(ErrorCode::message_too_large, "decompressed records");
  if (!it.ok()) return Error(ErrorCode::corrupt_message, it.error().where, it.error().detail);
  out.decompressed_bytes = it->decompressed_bytes();
  int64_t previous = -1;
  while (std::optional<RecordView> r = it->next()) {
    bool rises = checks.consecutive_offsets ? r->offset_delta == previous + 1 : r->offset_delta > previous;
    if (!rises || r->offset_delta > batch.last_offset_delta()) {
      return Error(ErrorCode::invalid_record, "record offset",
                   "delta " + std::to_string(r->offset_delta) + " behind " + std::to_string(previous));
    }
    previous = r->offset_delta;
    if (r->timestamp > out.max_timestamp || out.offset_of_max_timestamp < 0) {
      out.max_timestamp = r->timestamp;
      out.offset_of_max_timestamp = r->offset;
    }
  }
  TRY(it->status());
  if (batch.timestamp_type() == TimestampType::log_append_time) out.offset_of_max_timestamp = batch.last_offset();
  return {};
}

}  // namespace

Result<CheckedBatch> validate_batch(ConstBytes bytes, const BatchChecks& checks) {
  Result<RecordBatchView> batch = RecordBatchView::parse(bytes);
  if (batch.code() == ErrorCode::truncated) return Error(ErrorCode::corrupt_message, "incomplete record batch");
  TRY(batch.ok() ? Status() : Status(batch.error()));
  if (checks.crc && !batch->crc_matches()) return Error(ErrorCode::corrupt_message, "record batch CRC");
  if (batch->compression() > Compression::zstd) {
    return Error(ErrorCode::unsupported_compression_type, "record batch",
                 std::to_string(static_cast<int>(batch->compression())));
  }
  TRY(check_counts(*batch, checks));
  CheckedBatch out{.header = *batch};
  if (checks.records) TRY(check_records(out, checks));
  return out;
}

}  // namespace weir::wire
