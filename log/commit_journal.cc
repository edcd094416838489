#include "log/commit_journal.h"

#include <algorithm>
#include <cstring>

#include "log/checksum.h"
#include "log/faults.h"

namespace weir::log {
namespace {

constexpr uint32_t kGroupMagic = 0x32474A57;  // "WJG2"
constexpr size_t kEntryHeader = 48;
constexpr uint64_t kGrowChunk = 1ull << 20;
constexpr uint64_t kReadAhead = 1ull << 20;
constexpr size_t kKeptBuffer = 2u << 20;

uint64_t round_up(uint64_t n, uint64_t to) { return (n + to - 1) / to * to; }
size_t entry_size(size_t bytes) { return kEntryHeader + round_up(bytes, 8); }

/// Header and content with the checksum's own field as zero.
uint64_t group_checksum(const uint8_t* group, size_t content) {
  return xxh3({group + CommitJournal::kHeaderSize, content}, xxh3({group, CommitJournal::kHeaderSize - 8}));
}

void put_entry(uint8_t* p, const JournalEntry& e) {
  store_le<uint32_t>(p, static_cast<uint32_t>(e.bytes.size()));
  p[4] = static_cast<uint8_t>(e.kind);
  p[5] = p[6] = p[7] = 0;
  std::memcpy(p + 8, e.key.id.bytes.data(), 16);
  store_le<int32_t>(p + 24, e.key.partition);
  store_le<uint32_t>(p + 28, 0);
  store_le<int64_t>(p + 32, e.offset);
  store_le<int64_t>(p + 40, e.before);
  if (!e.bytes.empty()) std::memcpy(p + kEntryHeader, e.bytes.data(), e.bytes.size());
  size_t padding = entry_size(e.bytes.size()) - kEntryHeader - e.bytes.size();
  std::memset(p + kEntryHeader + e.bytes.size(), 0, padding);
}

}  // namespace

struct CommitJournal::Group : io::Completion {
  CommitJournal* journal = nullptr;
  JournalMark end;
  Buffer buffer;
  std::vector<JournalEntry> entries;
  MonoTime began;
  bool ended = false;
};

struct CommitJournal::Growth : io::Completion {
  CommitJournal* journal = nullptr;
  Buffer zeros;
  uint64_t at = 0, to = 0;
  bool syncing = false;
};

CommitJournal::CommitJournal(io::Runtime& runtime, JournalOwner& owner, JournalOptions options)
    : runtime_(runtime), owner_(owner), options_(options), alive_(std::make_shared<bool>(true)) {
  CHECK(options_.groups_in_flight > 0, "the journal needs a group in flight");
}

CommitJournal::~CommitJournal() {
  // Groups in flight here mean that the runtime is dead: it calls back no more.
  *alive_ = false;
}

void CommitJournal::start(io::FileId file, uint64_t file_bytes, JournalMark mark, uint64_t incarnation) {
  CHECK(file_ < 0, "the journal was started before");
  CHECK(file_bytes % kBlock == 0 && file_bytes >= 4 * kBlock, "a ring of whole blocks", file_bytes);
  CHECK(mark.position % kBlock == 0 && mark.position >= kBlock && mark.position <= file_bytes,
        "mark outside of the ring", mark.position);
  file_ = file;
  size_ = file_bytes;
  incarnation_ = incarnation;
  tail_ = durable_ = head_ = mark;
}

uint64_t CommitJournal::add(JournalEntry entry) {
  CHECK(entry.bytes.size() < UINT32_MAX, "entry too large", entry.bytes.size());
  entry.number = head_.entry + pending_.size();
  pending_.push_back(std::move(entry));
  flush_later();
  return pending_.back().number;
}

void CommitJournal::flush_later() {
  if (flush_scheduled_) return;
  flush_scheduled_ = true;
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    flush_scheduled_ = false;
    flush();
  });
}

void CommitJournal::flush() {
  if (completing_) return;
  if (failed_ || in_memory()) {
    std::vector<JournalEntry> entries(std::make_move_iterator(pending_.begin()),
                                      std::make_move_iterator(pending_.end()));
    pending_.clear();
    if (entries.empty()) return;
    head_.entry += entries.size();
    completing_ = true;
    finish(entries, failed_ ? Status(*failed_) : Status());
    completing_ = false;
    if (!failed_) owner_.on_journal_progress();
    if (!pending_.empty()) flush_later();
    return;
  }
  while (!pending_.empty() && in_flight_.size() < options_.groups_in_flight) {
    if (!write_group()) break;
  }
}

uint64_t CommitJournal::live_bytes() const {
  if (head_.sequence == tail_.sequence) return 0;
  return head_.position > tail_.position ? head_.position - tail_.position
                                         : (size_ - tail_.position) + (head_.position - kBlock);
}

bool CommitJournal::place(uint64_t bytes, FilePos& pos) const {
  bool empty = head_.sequence == tail_.sequence;
  // One block stays free between head and tail, so that equal positions mean empty.
  if (empty || head_.position > tail_.position) {
    if (head_.position + bytes <= size_) return pos = head_.position, true;
    if (kBlock + bytes + kBlock <= (empty ? head_.position : tail_.position)) return pos = kBlock, true;
    return false;
  }
  if (head_.position + bytes + kBlock <= tail_.position) return pos = head_.position, true;
  return false;
}

uint64_t CommitJournal::largest_room() const {
  bool empty = head_.sequence == tail_.sequence;
  if (empty || head_.position > tail_.position) {
    uint64_t limit = empty ? head_.position : tail_.position;
    return std::max(size_ - head_.position, limit >= 2 * kBlock ? limit - 2 * kBlock : 0);
  }
  return tail_.position - head_.position >= kBlock ? tail_.position - head_.position - kBlock : 0;
}

Buffer CommitJournal::take_buffer(size_t bytes) {
  auto fits = free_buffers_.end();
  for (auto it = free_buffers_.begin(); it != free_buffers_.end(); ++it) {
    if (it->size() >= bytes && (fits == free_buffers_.end() || it->size() < fits->size())) fits = it;
  }
  if (fits != free_buffers_.end()) {
    Buffer b = std::move(*fits);
    free_buffers_.erase(fits);
    return b;
  }
  size_t capacity = 64 * 1024;
  while (capacity < bytes) capacity *= 2;
  return Buffer::allocate(capacity, kBlock);
}

void CommitJournal::keep_buffer(Buffer buffer) {
  // Large ones are worth most: a fresh one costs a page fault for each 4 KiB of it.
  if (buffer.size() > kKeptBuffer) return;
  free_buffers_.push_back(std::move(buffer));
  if (free_buffers_.size() <= options_.groups_in_flight) return;
  free_buffers_.erase(std::min_element(free_buffers_.begin(), free_buffers_.end(),
                                       [](const Buffer& a, const Buffer& b) { return a.size() < b.size(); }));
}

std::unique_ptr<CommitJournal::Group> CommitJournal::gather(size_t budget) {
  auto group = std::make_unique<Group>();
  size_t content = 0;
  size_t count = 0;
  for (const JournalEntry& e : pending_) {
    size_t next = content + entry_size(e.bytes.size());
    if (count > 0 && (next > budget || next > options_.group_bytes_max)) break;
    content = next;
    ++count;
  }
  if (content > budget) return nullptr;
  size_t bytes = round_up(kHeaderSize + content, kBlock);
  group->journal = this;
  group->buffer = take_buffer(bytes);
  uint8_t* p = group->buffer.data();
  std::memset(p, 0, kHeaderSize);
  store_le<uint32_t>(p, kGroupMagic);
  store_le<uint32_t>(p + 4, static_cast<uint32_t>(count));
  store_le<uint64_t>(p + 8, head_.sequence);
  store_le<uint64_t>(p + 16, incarnation_);
  store_le<uint64_t>(p + 24, head_.previous_checksum);
  store_le<uint64_t>(p + 32, content);
  store_le<uint64_t>(p + 40, head_.entry);
  size_t at = kHeaderSize;
  for (size_t i = 0; i < count; ++i) {
    put_entry(p + at, pending_.front());
    at += entry_size(pending_.front().bytes.size());
    pending_.front().bytes = Buffer();
    group->entries.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
  CHECK(at == kHeaderSize + content, "the group is not what was counted", at, content);
  std::memset(p + at, 0, bytes - at);
  uint64_t checksum = group_checksum(p, content);
  store_le<uint64_t>(p + 56, checksum);
  group->end = {head_.sequence + 1, head_.entry + count, bytes, checksum};
  return group;
}

bool CommitJournal::write_group() {
  uint64_t room = largest_room();
  auto group = room <= kHeaderSize ? nullptr : gather(room / kBlock * kBlock - kHeaderSize);
  if (!group) {
    owner_.on_journal_pressure(true);
    return false;
  }
  uint64_t bytes = group->end.position;
  FilePos pos = 0;
  bool placed = place(bytes, pos);
  CHECK(placed, "no room for a group that was measured to fit", bytes, room);
  group->end.position = pos + bytes;
  head_ = group->end;
  group->done = [](io::Completion& c, int32_t result) noexcept {
    auto& g = static_cast<Group&>(c);
    g.journal->group_done(g, result);
  };
  ++ios_;
  ++groups_written_;
  bytes_written_ += bytes;
  Group& g = *group;
  g.began = runtime_.now();
  in_flight_.push_back(std::move(group));
  if (mutations().ack_before_sync) {
    runtime_.defer([this, alive = alive_, entries = g.entries]() mutable {
      if (!*alive) return;
      for (auto& e : entries) e.done = nullptr;
      finish(entries, Status());
      owner_.on_journal_progress();
    });
  }
  runtime_.disk().write_durable(file_, pos, g.buffer.bytes().first(bytes), g);
  if (live_bytes() * 2 > size_) owner_.on_journal_pressure(false);
  return true;
}

void CommitJournal::group_done(Group& group, int32_t result) {
  --ios_;
  group.ended = true;
  CHECK(!in_flight_.empty(), "a group ended that was not in flight");
  if (result < 0 && !failed_) fail(io::error_of_errno(result, "journal write"));
  if (failed_) {
    // The groups whose writes still run keep their buffers until those end.
    std::erase_if(in_flight_, [](const auto& g) { return g->ended; });
    return;
  }
  MonoTime now = runtime_.now();
  write_latency_.record(now - group.began, now);
  complete_prefix();
}

void CommitJournal::complete_prefix() {
  bool progress = false;
  completing_ = true;
  while (!in_flight_.empty() && in_flight_.front()->ended) {
    std::unique_ptr<Group> group = std::move(in_flight_.front());
    in_flight_.pop_front();
    CHECK(group->end.sequence == durable_.sequence + 1, "groups end out of order", group->end.sequence,
          durable_.sequence);
    durable_ = group->end;
    finish(group->entries, Status());
    keep_buffer(std::move(group->buffer));
    progress = true;
  }
  completing_ = false;
  if (!progress) return;
  owner_.on_journal_progress();
  if (!pending_.empty()) flush_later();
}

void CommitJournal::finish(std::vector<JournalEntry>& entries, const Status& status) {
  for (JournalEntry& e : entries) {
    if (status && e.target) e.target->on_journaled(e);
    if (e.done) e.done(status);
  }
}

void CommitJournal::fail(const Error& error) {
  if (failed_) return;
  failed_ = error;
  for (auto& group : in_flight_) finish(group->entries, Status(error)), group->entries.clear();
  std::erase_if(in_flight_, [](const auto& g) { return g->ended; });
  flush_later();
  owner_.on_journal_failed(error);
}

JournalMark CommitJournal::durable_mark() const { return durable_; }

void CommitJournal::recycled(const JournalMark& mark) {
  if (mark.sequence < tail_.sequence && mutations().recycle_before_sync) return;
  CHECK(mark.sequence >= tail_.sequence, "recycling goes back", mark.sequence, tail_.sequence);
  CHECK(mark.sequence <= durable_.sequence, "recycling what is not durable", mark.sequence, durable_.sequence);
  CHECK(mark.entry <= durable_.entry, "a mark inside of a group", mark.entry, durable_.entry);
  tail_ = mark;
  if (!pending_.empty()) flush_later();
}

void CommitJournal::grow() {
  if (growth_ || failed_ || in_memory() || size_ >= options_.bytes_max) return;
  growth_ = std::make_unique<Growth>();
  growth_->journal = this;
  growth_->zeros = Buffer::allocate(kGrowChunk, kBlock);
  std::memset(growth_->zeros.data(), 0, kGrowChunk);
  growth_->at = size_;
  growth_->to = std::min(size_ * 2, std::max(options_.bytes_max / kBlock * kBlock, size_));
  growth_->done = [](io::Completion& c, int32_t result) noexcept {
    static_cast<Growth&>(c).journal->grow_step(result);
  };
  ++ios_;
  runtime_.disk().write(file_, growth_->at,
                        growth_->zeros.bytes().first(std::min(kGrowChunk, growth_->to - growth_->at)), *growth_);
}

void CommitJournal::grow_step(int32_t result) {
  --ios_;
  Growth& g = *growth_;
  if (result < 0 || failed_) {
    // A full disk keeps the ring small; a failed sync of zeros behind the ring lost nothing either, but says that the
    // disk is not to be trusted.
    bool fatal = g.syncing && result < 0;
    growth_.reset();
    options_.bytes_max = size_;
    if (fatal) fail(io::error_of_errno(result, "journal growth"));
    return;
  }
  if (g.syncing) {
    size_ = g.to;
    growth_.reset();
    if (!pending_.empty()) flush_later();
    return;
  }
  g.at += std::min(kGrowChunk, g.to - g.at);
  ++ios_;
  if (g.at == g.to) {
    g.syncing = true;
    runtime_.disk().sync(file_, g);
    return;
  }
  runtime_.disk().write(file_, g.at, g.zeros.bytes().first(std::min(kGrowChunk, g.to - g.at)), g);
}

void CommitJournal::check_invariants() const {
  CHECK(tail_.sequence <= durable_.sequence, "tail above durable", tail_.sequence, durable_.sequence);
  CHECK(durable_.sequence <= head_.sequence, "durable above head", durable_.sequence, head_.sequence);
  CHECK(head_.sequence - durable_.sequence == in_flight_.size() || failed_, "groups in flight do not add up",
        head_.sequence, durable_.sequence);
  CHECK(in_memory() || live_bytes() <= size_, "more live than there is", live_bytes(), size_);
}

Result<const uint8_t*> JournalScan::bytes_at(FilePos pos, uint64_t bytes) {
  if (pos >= window_at_ && pos + bytes <= window_at_ + window_bytes_) {
    const uint8_t* inside = window_.data() + (pos - window_at_);
    return inside;
  }
  uint64_t want = std::min(std::max(round_up(bytes, CommitJournal::kBlock), kReadAhead), size_ - pos);
  const uint8_t* none = nullptr;
  if (want < bytes) return none;
  if (window_.size() < want) window_ = Buffer::allocate(want, CommitJournal::kBlock);
  window_bytes_ = 0;
  TRY_ASSIGN(window_bytes_, disk_.read_now(file_, pos, window_.mutable_bytes().first(want)));
  window_at_ = pos;
  const uint8_t* data = window_.data();
  return window_bytes_ < bytes ? none : data;
}

Result<bool> JournalScan::load_group(FilePos pos) {
  const uint64_t block = CommitJournal::kBlock;
  if (pos < block || pos + block > size_) return false;
  TRY_ASSIGN(const uint8_t* p, bytes_at(pos, block));
  if (p == nullptr) return false;
  uint64_t content = load_le<uint64_t>(p + 32);
  if (load_le<uint32_t>(p) != kGroupMagic || load_le<uint64_t>(p + 8) != mark_.sequence) return false;
  if (load_le<uint64_t>(p + 24) != mark_.previous_checksum && !mutations().ignore_group_chain) return false;
  if (load_le<uint64_t>(p + 40) != mark_.entry && !mutations().ignore_group_chain) return false;
  if (content > size_ || pos + CommitJournal::kHeaderSize + content > size_) return false;
  uint64_t bytes = round_up(CommitJournal::kHeaderSize + content, block);
  TRY_ASSIGN(p, bytes_at(pos, bytes));
  if (p == nullptr) return false;
  group_ = p;
  uint64_t checksum = load_le<uint64_t>(p + 56);
  if (group_checksum(p, content) != checksum) return false;
  mark_ = {mark_.sequence + 1, load_le<uint64_t>(p + 40) + load_le<uint32_t>(p + 4), pos + bytes, checksum};
  ++groups_;
  bytes_ += bytes;
  return true;
}

Status JournalScan::entries(const OnEntry& on_entry) {
  const uint8_t* p = group_;
  uint32_t count = load_le<uint32_t>(p + 4);
  size_t end = CommitJournal::kHeaderSize + load_le<uint64_t>(p + 32);
  size_t at = CommitJournal::kHeaderSize;
  for (uint32_t i = 0; i < count; ++i) {
    const Error bad(ErrorCode::malformed, "journal",
                    "an entry of group " + std::to_string(mark_.sequence - 1) + " does not fit");
    if (end - at < kEntryHeader) return bad;
    uint32_t size = load_le<uint32_t>(p + at);
    if (end - at - kEntryHeader < size) return bad;
    Entry e{static_cast<EntryKind>(p[at + 4]), {},
            load_le<int64_t>(p + at + 32),     load_le<int64_t>(p + at + 40),
            mark_.entry - count + i,           {p + at + kEntryHeader, size}};
    std::memcpy(e.key.id.bytes.data(), p + at + 8, 16);
    e.key.partition = load_le<int32_t>(p + at + 24);
    TRY(on_entry(e));
    at += entry_size(size);
    CHECK(at <= round_up(end, 8), "an entry reaches over its group", at, end);
  }
  return {};
}

Status JournalScan::run(JournalMark mark, const OnEntry& on_entry) {
  mark_ = mark;
  while (true) {
    // A group follows its predecessor, or begins the ring anew when it did not fit behind it.
    TRY_ASSIGN(bool found, load_group(mark_.position));
    if (!found && mark_.position != CommitJournal::kBlock) {
      TRY_ASSIGN(found, load_group(CommitJournal::kBlock));
    }
    if (!found) return {};
    TRY(entries(on_entry));
  }
}

}  // namespace weir::log
