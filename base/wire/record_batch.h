#pragma once
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"
#include "base/wire/compress.h"

/// Record batches of magic 2 (KIP-98): a header of 61 bytes, then the records, compressed as one or not at all.
namespace weir::wire {

/// Where the header's fields lie, from the start of the batch.
namespace batch_layout {
inline constexpr size_t kBaseOffset = 0, kBatchLength = 8, kLeaderEpoch = 12, kMagic = 16, kCrc = 17, kAttributes = 21,
                        kLastOffsetDelta = 23, kBaseTimestamp = 27, kMaxTimestamp = 35, kProducerId = 43,
                        kProducerEpoch = 51, kBaseSequence = 53, kRecordsCount = 57, kRecords = 61;
}  // namespace batch_layout
inline constexpr size_t kBatchHeaderBytes = batch_layout::kRecords;
/// Base offset and length, which the length does not count.
inline constexpr size_t kBatchLengthOverhead = 12;

enum class TimestampType : int8_t { create_time = 0, log_append_time = 1 };

/// Reads the header of one batch in place. Only parse() makes one, so its bytes are the whole batch.
class RecordBatchView {
 public:
  /// The first batch of `bytes`, without looking at its CRC or records. Errors: truncated when it goes on behind
  /// `bytes`; corrupt_message for lengths that cannot be; unsupported_for_message_format for another magic than 2.
  static Result<RecordBatchView> parse(ConstBytes bytes);

  Offset base_offset() const { return at<int64_t>(batch_layout::kBaseOffset); }
  int32_t batch_length() const { return at<int32_t>(batch_layout::kBatchLength); }
  LeaderEpoch leader_epoch() const { return at<int32_t>(batch_layout::kLeaderEpoch); }
  int8_t magic() const { return at<int8_t>(batch_layout::kMagic); }
  uint32_t crc() const { return at<uint32_t>(batch_layout::kCrc); }
  int16_t attributes() const { return at<int16_t>(batch_layout::kAttributes); }
  int32_t last_offset_delta() const { return at<int32_t>(batch_layout::kLastOffsetDelta); }
  WallMillis base_timestamp() const { return at<int64_t>(batch_layout::kBaseTimestamp); }
  WallMillis max_timestamp() const { return at<int64_t>(batch_layout::kMaxTimestamp); }
  ProducerId producer_id() const { return at<int64_t>(batch_layout::kProducerId); }
  ProducerEpoch producer_epoch() const { return at<int16_t>(batch_layout::kProducerEpoch); }
  int32_t base_sequence() const { return at<int32_t>(batch_layout::kBaseSequence); }
  int32_t records_count() const { return at<int32_t>(batch_layout::kRecordsCount); }

  Compression compression() const { return static_cast<Compression>(attributes() & 7); }
  TimestampType timestamp_type() const { return static_cast<TimestampType>(attributes() >> 3 & 1); }
  bool is_transactional() const { return attributes() & 1 << 4; }
  bool is_control() const { return attributes() & 1 << 5; }
  /// Compaction wrote the time its tombstones may go at into base_timestamp (KIP-534).
  bool has_delete_horizon() const { return attributes() & 1 << 6; }
  bool is_idempotent() const { return producer_id() != kNoProducerId; }

  /// Of a batch from a client these mean nothing, and wrap rather than overflow.
  Offset last_offset() const { return wrapping_add(base_offset(), last_offset_delta()); }
  Offset end_offset() const { return wrapping_add(base_offset(), int64_t{last_offset_delta()} + 1); }
  /// Sequence of the last record; wraps from 2^31-1 to 0. -1 without idempotence.
  int32_t last_sequence() const;
  size_t size_in_bytes() const { return bytes_.size(); }
  ConstBytes bytes() const { return bytes_; }
  /// Behind the header, maybe compressed.
  ConstBytes records() const { return bytes_.subspan(kBatchHeaderBytes); }
  bool crc_matches() const;

 private:
  explicit RecordBatchView(ConstBytes bytes) : bytes_(bytes) {}
  static int64_t wrapping_add(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  }
  template <class T>
  T at(size_t position) const {
    return load_be<T>(bytes_.data() + position);
  }

  ConstBytes bytes_;
};

/// Changes in place of a batch that RecordBatchView::parse accepts. Offset and epoch lie outside of what the CRC
/// covers.
void set_base_offset(Bytes batch, Offset offset);
void set_leader_epoch(Bytes batch, LeaderEpoch epoch);
/// Makes the batch one of LogAppendTime; computes the CRC anew.
void set_log_append_time(Bytes batch, WallMillis time);
/// For a batch of CreateTime whose header gives another maximum than its records; computes the CRC anew.
void set_max_timestamp(Bytes batch, WallMillis time);

/// Batches one behind the other: of a produce request, a fetch response, a segment.
class BatchIterator {
 public:
  explicit BatchIterator(ConstBytes bytes) : left_(bytes) {}
  /// nullopt at the end, before an incomplete batch (leftover() > 0) or at an error.
  std::optional<RecordBatchView> next();
  /// corrupt_message or unsupported_for_message_format. An incomplete last batch is none: a fetch response may be cut
  /// anywhere.
  const Status& status() const { return status_; }
  /// Bytes that next() has not gone over.
  size_t leftover() const { return left_.size(); }

 private:
  ConstBytes left_;
  Status status_;
};

struct RecordHeaderView {
  std::string_view key;
  std::optional<ConstBytes> value;
};

/// One record; views into the batch or into what was decompressed of it.
struct RecordView {
  Offset offset = 0;
  int32_t offset_delta = 0;
  WallMillis timestamp = 0;
  std::optional<ConstBytes> key;
  std::optional<ConstBytes> value;
  int32_t header_count = 0;
  ConstBytes header_bytes;
  /// Well-formed: the iterator has walked over them.
  std::vector<RecordHeaderView> headers() const;
};

/// The records of one batch. What it yields lives as long as the iterator and the batch's bytes.
class RecordIterator {
 public:
  /// Decompresses at most `decompressed_max` bytes. Errors: of decompress().
  static Result<RecordIterator> open(const RecordBatchView& batch, size_t decompressed_max = 256u << 20);

  /// nullopt at the end or at an error.
  std::optional<RecordView> next();
  /// After the end: invalid_record when a record is malformed, records are missing or bytes are left over.
  const Status& status() const { return status_; }
  size_t decompressed_bytes() const { return decompressed_bytes_; }

 private:
  explicit RecordIterator(const RecordBatchView& batch);
  std::optional<RecordView> fail(const char* where);

  Buffer storage_;
  const uint8_t* p_ = nullptr;
  const uint8_t* end_ = nullptr;
  size_t decompressed_bytes_ = 0;
  Offset base_offset_;
  WallMillis base_timestamp_;
  WallMillis append_time_;
  bool log_append_time_;
  int32_t left_;
  Status status_;
};

/// Types of the records in control batches: the second int16 of their key.
enum class ControlType : int16_t {
  abort = 0,
  commit = 1,
  leader_change = 2,
  snapshot_header = 3,
  snapshot_footer = 4,
  kraft_version = 5,
  kraft_voters = 6,
};
/// Errors: malformed. Types above those known are given as they are.
Result<ControlType> parse_control_key(const RecordView& record);

/// Collects records and makes a batch of them.
class RecordBatchBuilder {
 public:
  struct Options {
    Compression compression = Compression::none;
    int compression_level = 0;
    Offset base_offset = 0;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    ProducerId producer_id = kNoProducerId;
    ProducerEpoch producer_epoch = -1;
    int32_t base_sequence = -1;
    bool transactional = false;
    bool control = false;
    /// Set: the batch has LogAppendTime.
    std::optional<WallMillis> log_append_time;
  };
  RecordBatchBuilder() : RecordBatchBuilder(Options{}) {}
  explicit RecordBatchBuilder(Options options);

  /// The next record, one offset behind the last.
  void append(WallMillis timestamp, std::optional<ConstBytes> key, std::optional<ConstBytes> value,
              std::span<const RecordHeaderView> headers = {});
  /// The same with a gap, as compaction leaves them. Precondition: `offset` is above the last one.
  void append_at(Offset offset, WallMillis timestamp, std::optional<ConstBytes> key, std::optional<ConstBytes> value,
                 std::span<const RecordHeaderView> headers = {});
  /// A record of a control batch (options.control): its key is made of the type.
  void append_control(ControlType type, WallMillis timestamp, ConstBytes value);

  int32_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Header and records before compression.
  size_t size_in_bytes() const { return kBatchHeaderBytes + records_.size(); }
  /// Keeps the batch's last offset at or above `offset`, also when the records at its end are gone (compaction).
  void extend_to(Offset offset);
  /// The batch in one piece with its CRC; the builder stays as it is.
  Buffer build() const;

 private:
  Options options_;
  std::vector<uint8_t> records_;
  int32_t count_ = 0;
  int32_t last_offset_delta_ = -1;
  WallMillis base_timestamp_ = -1;
  WallMillis max_timestamp_ = -1;
};

struct BatchChecks {
  bool crc = true;
  /// Offsets are 0, 1, … n-1, as in what producers send; else only rising, as in what a log holds after compaction.
  bool consecutive_offsets = true;
  /// Decompresses and walks over the records.
  bool records = false;
  size_t decompressed_max = 256u << 20;
};
struct CheckedBatch {
  RecordBatchView header;
  /// Only with BatchChecks::records; of a batch with LogAppendTime, that time and the last offset.
  WallMillis max_timestamp = -1;
  Offset offset_of_max_timestamp = -1;
  size_t decompressed_bytes = 0;
};
/// Checks the first batch of `bytes`. Errors: corrupt_message (CRC, lengths, incomplete, what does not decompress),
/// invalid_record (counts, offsets, records), unsupported_for_message_format, unsupported_compression_type,
/// message_too_large (decompressed_max).
Result<CheckedBatch> validate_batch(ConstBytes bytes, const BatchChecks& checks = {});

}  // namespace weir::wire
