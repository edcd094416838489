#include <algorithm>

#include "base/util/diag.h"
#include "log/batch.h"
#include "log/partition_log_impl.h"
#include "log/record_search.h"

namespace weir::log {
namespace {

constexpr size_t kReadAhead = 64 * 1024;
constexpr size_t kScanChunk = 256 * 1024;
constexpr size_t kSearchChunk = 512 * 1024;
constexpr Duration kSayCorruptEvery = std::chrono::minutes(1);

}  // namespace

struct PartitionLogImpl::DiskRead : io::Completion {
  std::shared_ptr<PartitionLogImpl> log;
  SegmentPtr segment;
  std::shared_ptr<OpenFile> file;
  ReadRequest request;
  ReadDone done;
  Buffer buffer;
  FilePos pos = 0;
  uint64_t generation = 0;
};

size_t PartitionLogImpl::segment_of(Offset offset) const {
  auto above = std::upper_bound(segments_.begin(), segments_.end(), offset,
                                [](Offset o, const SegmentPtr& s) { return o < s->base; });
  CHECK(above != segments_.begin(), "an offset below the log", offset, segments_.front()->base);
  return static_cast<size_t>(above - segments_.begin()) - 1;
}

void PartitionLogImpl::read(const ReadRequest& request, std::function<void(Result<ReadResult>)> done) {
  CHECK(done != nullptr, "a read nobody waits for");
  if (retired_ || host_.offline()) return done(Error(ErrorCode::kafka_storage_error, "read"));
  if (request.from < log_start_ || request.from > log_end_offset()) {
    return done(Error(ErrorCode::offset_out_of_range, "read",
                      std::to_string(request.from) + " outside of [" + std::to_string(log_start_) + ", " +
                          std::to_string(log_end_offset()) + "]"));
  }
  if (request.from >= std::min(request.up_to, log_end_offset())) {
    ReadResult empty;
    empty.next_offset = request.from;
    return done(std::move(empty));
  }
  if (request.from >= tail_.start()) return done(read_tail(request));
  read_disk(request, std::move(done), 0);
}

ReadResult PartitionLogImpl::read_tail(const ReadRequest& request) const {
  ReadResult out;
  out.next_offset = request.from;
  size_t left = request.max_bytes;
  for (size_t i = tail_.find(request.from); i < tail_.size(); ++i) {
    const TailEntry& e = tail_[i];
    if (e.base_offset >= request.up_to) break;
    bool whole = e.base_offset >= request.from && e.end_offset <= request.up_to && e.bytes.size() <= left;
    if (whole) {
      out.batches.push_back(e.bytes);
      out.next_offset = e.end_offset;
      left -= e.bytes.size();
      continue;
    }
    size_t begin = 0, end = 0;
    bool full = false;
    while (end < e.bytes.size()) {
      BatchHeader b(e.bytes.data() + end);
      if (b.end_offset() <= request.from) {
        begin = end = end + b.size();
        continue;
      }
      bool first = out.batches.empty() && begin == end;
      full = b.base_offset() >= request.up_to || (b.size() > left && !(first && request.at_least_one));
      if (full) break;
      left -= std::min(left, b.size());
      out.next_offset = b.end_offset();
      end += b.size();
    }
    if (end > begin) out.batches.push_back(e.bytes.slice(begin, end - begin));
    if (full || left == 0) break;
  }
  return out;
}

Status PartitionLogImpl::open_file(Segment& segment) {
  if (segment.file) return {};
  CHECK(!host_.memory_only(), "a file of a memory-only log");
  io::Disk& disk = host_.runtime().disk();
  if (!dir_made_) {
    TRY(host_.before_directory_made());
    TRY(disk.make_dirs(id_.dir));
    dir_made_ = dir_dirty_ = true;
    std::string metadata = "version: 0\ntopic_id: " + id_.topic_id.to_string() + "\n";
    TRY_ASSIGN(io::FileId file, disk.open(path("partition.metadata"), io::OpenMode::read_write));
    Status written = disk.write_now(file, 0, as_bytes(metadata));
    disk.close(file);
    TRY(written);
  }
  TRY_ASSIGN(io::FileId id, disk.open(path(segment_file_name(segment.base, ".log")), io::OpenMode::read_write));
  segment.file = std::make_shared<OpenFile>(disk, id);
  if (segment.written == 0) dir_dirty_ = true;
  return {};
}

Status PartitionLogImpl::load_indexes(Segment& segment) {
  if (segment.indexes_loaded) return {};
  io::Disk& disk = host_.runtime().disk();
  auto index = disk.read_file(path(segment_file_name(segment.base, ".index")));
  auto times = disk.read_file(path(segment_file_name(segment.base, ".timeindex")));
  if (!index && index.code() != ErrorCode::not_found) return index.error();
  if (!times && times.code() != ErrorCode::not_found) return times.error();
  segment.index = OffsetIndex::decode(segment.base, index ? ConstBytes(*index) : ConstBytes(), segment.written);
  segment.times = TimeIndex::decode(segment.base, times ? ConstBytes(*times) : ConstBytes(), segment.end);
  segment.index_on_disk = segment.index.entries();
  segment.times_on_disk = segment.times.entries();
  segment.indexes_loaded = true;
  CHECK(segment.index.last_position() <= segment.written, "index reaches over its segment",
        segment.index.last_position(), segment.written);
  return {};
}

void PartitionLogImpl::read_disk(const ReadRequest& request, ReadDone done, size_t bytes_wanted) {
  size_t i = segment_of(request.from);
  Segment& s = *segments_[i];
  auto fail = [&](const Error& error) { done(Error(ErrorCode::kafka_storage_error, "read", error.message())); };
  if (Status st = load_indexes(s); !st) return fail(st.error());
  auto pos = s.index.lookup(request.from);
  CHECK(pos.ok(), "index lookup below its segment", request.from, s.base);
  if (*pos >= s.written) {
    // Only a gap of offsets lies between here and the next segment, or the tail.
    ReadRequest next = request;
    next.from = i + 1 < segments_.size() ? segments_[i + 1]->base : std::max(request.from + 1, tail_.start());
    return read(next, std::move(done));
  }
  if (Status st = open_file(s); !st) return fail(st.error());
  size_t want = std::max(
      {kReadAhead, std::min<size_t>(request.max_bytes, 4u << 20) + config_.index_interval_bytes, bytes_wanted});
  auto* read = new DiskRead{{&PartitionLogImpl::on_disk_read},
                            shared_from_this(),
                            segments_[i],
                            s.file,
                            request,
                            std::move(done),
                            {},
                            *pos,
                            generation_};
  read->buffer = Buffer::allocate(std::min<uint64_t>(want, s.written - *pos));
  host_.runtime().disk().read(s.file->id, *pos, read->buffer.mutable_bytes(), *read);
}

void PartitionLogImpl::on_disk_read(io::Completion& completion, int32_t result) noexcept {
  std::unique_ptr<DiskRead> read(static_cast<DiskRead*>(&completion));
  std::shared_ptr<PartitionLogImpl> log = read->log;
  log->disk_read_done(*read, result);
}

void PartitionLogImpl::disk_read_done(DiskRead& r, int32_t result) {
  if (result < 0)
    return r.done(Error(ErrorCode::kafka_storage_error, "read", io::error_of_errno(result, "segment read").message()));
  if (retired_) return r.done(Error(ErrorCode::kafka_storage_error, "read", "the log was removed"));
  // A truncation meanwhile may have changed what these positions mean.
  if (r.generation != generation_ || r.request.from < log_start_) return read(r.request, std::move(r.done));
  ConstBytes bytes = r.buffer.bytes().first(static_cast<size_t>(result));
  ReadResult out;
  out.next_offset = r.request.from;
  size_t at = 0, begin = 0, left = r.request.max_bytes;
  bool full = false;
  Result<BatchHeader> framed = ErrorCode::truncated;
  while (at < bytes.size()) {
    framed = frame_batch(bytes, at);
    if (!framed) break;
    BatchHeader b = *framed;
    if (b.end_offset() <= r.request.from) {
      begin = at = at + b.size();
      continue;
    }
    full = b.base_offset() >= r.request.up_to || (b.size() > left && !(at == begin && r.request.at_least_one));
    if (full) break;
    if (Status whole = check_stored_batch(b); !whole) {
      say_corrupt(*r.segment, r.pos + at, whole.error());
      if (at == begin) return r.done(whole.error());
      full = true;
      break;
    }
    left -= std::min(left, b.size());
    out.next_offset = b.end_offset();
    at += b.size();
  }
  if (at > begin) {
    out.batches.push_back(r.buffer.slice(begin, at - begin));
    return r.done(std::move(out));
  }
  if (full) return r.done(std::move(out));
  if (at < bytes.size() && framed.code() != ErrorCode::truncated) {
    say_corrupt(*r.segment, r.pos + at, framed.error());
    return r.done(framed.error());
  }
  uint64_t next_pos = r.pos + at;
  if (next_pos < r.segment->written) {
    // The batch that holds the offset begins in the chunk (or behind it) and is not whole in it.
    size_t left_bytes = bytes.size() - at;
    size_t need = left_bytes >= BatchHeader::kLengthEnd
                      ? BatchHeader::kLengthEnd + load_be<uint32_t>(bytes.data() + at + 8)
                      : kReadAhead;
    uint64_t room = r.segment->written - next_pos;
    if (need > room && left_bytes >= BatchHeader::kLengthEnd) {
      Error error(ErrorCode::corrupt_message, "read", "a batch reaches over its segment");
      say_corrupt(*r.segment, next_pos, error);
      return r.done(error);
    }
    auto* again = new DiskRead{{&PartitionLogImpl::on_disk_read},
                               shared_from_this(),
                               r.segment,
                               r.file,
                               r.request,
                               std::move(r.done),
                               {},
                               next_pos,
                               generation_};
    again->buffer = Buffer::allocate(std::min<uint64_t>(std::max(need, kReadAhead), room));
    host_.runtime().disk().read(r.file->id, next_pos, again->buffer.mutable_bytes(), *again);
    return;
  }
  ReadRequest next = r.request;
  size_t i = segment_of(r.segment->base);
  next.from = i + 1 < segments_.size() ? segments_[i + 1]->base
                                       : std::max(r.request.from + 1, std::min(tail_.start(), log_end_offset()));
  read(next, std::move(r.done));
}

void PartitionLogImpl::say_corrupt(const Segment& segment, FilePos at, const Error& why) {
  const MonoTime now = host_.runtime().now();
  if (now < corrupt_said_next_) return;  // every read of every consumer comes by here
  corrupt_said_next_ = now + kSayCorruptEvery;
  WEIR_ERROR(
      "{}: {} is corrupt on disk at byte {}: {}. The records there cannot be read from this node (CORRUPT_MESSAGE): "
      "consumers and followers stand still before them. If other replicas are in sync, stop this node, move {} away "
      "and start it again: another one leads, and this one fetches the partition from it",
      id_.tp.to_string(), file_name(segment), at, why.message(), id_.dir);
}

Status PartitionLogImpl::scan_file(Segment& segment, FilePos from, FilePos to, const OnBatch& fn) {
  if (from >= to) return {};
  TRY(open_file(segment));
  Buffer buffer = Buffer::allocate(kScanChunk);
  FilePos pos = from;
  while (pos < to) {
    size_t want = std::min<uint64_t>(buffer.size(), to - pos);
    TRY_ASSIGN(size_t got, host_.runtime().disk().read_now(segment.file->id, pos, buffer.mutable_bytes().first(want)));
    ConstBytes bytes = buffer.bytes().first(got);
    size_t at = 0;
    while (at < bytes.size()) {
      auto framed = frame_batch(bytes, at);
      if (framed.code() == ErrorCode::truncated) break;
      if (!framed) return framed.error();
      if (!fn(*framed, segment, pos + at)) return {};
      at += framed->size();
    }
    if (at > 0) {
      pos += at;
      continue;
    }
    if (got < BatchHeader::kLengthEnd)
      return Error(ErrorCode::corrupt_message, "segment scan", "the file ends inside of a batch");
    size_t need = BatchHeader::kLengthEnd + load_be<uint32_t>(bytes.data() + 8);
    if (need > to - pos || need <= buffer.size())
      return Error(ErrorCode::corrupt_message, "segment scan", "the file ends inside of a batch");
    buffer = Buffer::allocate(need);
  }
  return {};
}

Status PartitionLogImpl::for_each_batch(Offset from, Offset to, const OnBatch& fn) {
  Offset cursor = std::max(from, segments_.front()->base);
  to = std::min(to, log_end_offset());
  bool stopped = false;
  auto visit = [&](BatchHeader b, Segment& s, FilePos pos) {
    if (b.end_offset() <= cursor) return true;
    if (b.base_offset() >= to || !fn(b, s, pos)) return stopped = true, false;
    cursor = b.end_offset();
    return true;
  };
  while (!stopped && cursor < to && cursor < tail_.start()) {
    size_t i = segment_of(cursor);
    Segment& s = *segments_[i];
    TRY(load_indexes(s));
    TRY_ASSIGN(FilePos pos, s.index.lookup(cursor));
    TRY(scan_file(s, pos, std::min(s.written, s.size), visit));
    if (stopped) return {};
    Offset next = i + 1 < segments_.size() ? segments_[i + 1]->base : std::min(tail_.start(), to);
    cursor = std::max({cursor, std::min(next, tail_.start())});
    if (cursor < next && cursor < to && s.written >= s.size) cursor = next;
  }
  for (size_t i = tail_.find(cursor); i < tail_.size() && !stopped && cursor < to; ++i) {
    const TailEntry& e = tail_[i];
    Segment& s = *segments_[segment_of(e.base_offset)];
    for (size_t at = 0; at < e.bytes.size() && !stopped; at += BatchHeader(e.bytes.data() + at).size())
      visit(BatchHeader(e.bytes.data() + at), s, e.pos + at);
  }
  return {};
}

// --- by timestamp

struct PartitionLogImpl::TimestampSearch {
  WallMillis target = 0;
  Offset cursor = 0;
  Offset up_to = 0;
  std::function<void(Result<TimestampOffset>)> done;
};

void PartitionLogImpl::offset_for_timestamp(WallMillis timestamp, Offset up_to,
                                            std::function<void(Result<TimestampOffset>)> done) {
  auto search = std::make_shared<TimestampSearch>();
  search->target = timestamp;
  search->up_to = std::min(up_to, log_end_offset());
  search->done = std::move(done);
  size_t i = 0;
  while (i < segments_.size() && segments_[i]->max_timestamp < timestamp) ++i;
  if (i == segments_.size()) return search->done(TimestampOffset{});
  if (Status loaded = load_indexes(*segments_[i]); !loaded)
    return search->done(Error(ErrorCode::kafka_storage_error, "time index", loaded.error().message()));
  search->cursor = std::max(log_start_, segments_[i]->times.lookup(timestamp));
  search_step(search);
}

void PartitionLogImpl::offset_of_max_timestamp(std::function<void(Result<TimestampOffset>)> done) {
  WallMillis max = -1;
  for (const auto& s : segments_) max = std::max(max, s->max_timestamp);
  if (max < 0) return done(TimestampOffset{});
  offset_for_timestamp(max, INT64_MAX, std::move(done));
}

void PartitionLogImpl::search_step(const std::shared_ptr<TimestampSearch>& search) {
  if (search->cursor >= search->up_to) return search->done(TimestampOffset{});
  ReadRequest request{search->cursor, search->up_to, kSearchChunk, true};
  read(request, [self = shared_from_this(), search](Result<ReadResult> result) {
    if (!result) return search->done(result.error());
    for (const Buffer& chunk : result->batches) {
      for (size_t at = 0; at < chunk.size();) {
        BatchHeader b(chunk.data() + at);
        at += b.size();
        if (b.max_timestamp() < search->target) continue;
        auto found = first_record_at(b, search->target, std::max(self->log_start_, search->cursor));
        if (!found) return search->done(found.error());
        if (found->offset == kNoOffset) continue;
        if (found->offset >= search->up_to) return search->done(TimestampOffset{});
        found->leader_epoch = self->epochs_.epoch_of(found->offset).value_or(kNoLeaderEpoch);
        return search->done(*found);
      }
    }
    if (result->batches.empty()) return search->done(TimestampOffset{});
    search->cursor = result->next_offset;
    self->search_step(search);
  });
}

}  // namespace weir::log
