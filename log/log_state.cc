#include "log/log_state.h"

#include "log/checksum.h"
#include "log/le_fields.h"

namespace weir::log {
namespace {

constexpr uint32_t kMagic = 0x32545357;  // "WST2"
constexpr size_t kHead = 12;             // magic, length of all

}  // namespace

std::vector<uint8_t> LogState::encode() const {
  std::vector<uint8_t> out;
  put(out, kMagic);
  put(out, uint64_t{0});
  put(out, sequence);
  put(out, static_cast<uint32_t>(clean));
  put(out, journal.sequence), put(out, journal.entry), put(out, journal.position), put(out, journal.previous_checksum),
      put(out, incarnation);
  put(out, static_cast<uint32_t>(logs.size()));
  for (const Log& log : logs) {
    CHECK(log.stored.recovery.offset >= log.stored.recovery.segment_base, "a recovery point below its segment",
          log.stored.recovery.offset);
    put_bytes(out, as_bytes(log.tp.topic));
    put(out, log.tp.partition);
    out.insert(out.end(), log.topic_id.bytes.begin(), log.topic_id.bytes.end());
    put(out, log.stored.recovery.offset), put(out, log.stored.recovery.segment_base),
        put(out, log.stored.recovery.position);
    put(out, log.stored.recovery.entry);
    put(out, log.stored.recovery.index_entries), put(out, log.stored.recovery.time_entries),
        put(out, log.stored.recovery.index_hash);
    put(out, static_cast<uint32_t>(log.stored.recovery.epochs ? log.stored.recovery.epochs->size() : 0));
    if (log.stored.recovery.epochs) {
      for (const EpochCache::Entry& e : *log.stored.recovery.epochs) put(out, e.epoch), put(out, e.start);
    }
    put(out, log.stored.log_start), put(out, log.stored.high_watermark);
  }
  put(out, static_cast<uint32_t>(cells.size()));
  for (const auto& [name, value] : cells) put_bytes(out, as_bytes(name)), put_bytes(out, value);
  store_le<uint64_t>(out.data() + 4, out.size() + 8);
  put(out, xxh3(out));
  return out;
}

Result<LogState> LogState::decode(ConstBytes bytes) {
  const Error bad(ErrorCode::malformed, "log state");
  if (bytes.size() < kHead + 8 || load_le<uint32_t>(bytes.data()) != kMagic) return bad;
  uint64_t length = load_le<uint64_t>(bytes.data() + 4);
  if (length < kHead + 8 || length > bytes.size()) return bad;
  bytes = bytes.first(length);
  if (load_le<uint64_t>(bytes.data() + length - 8) != xxh3(bytes.first(length - 8))) return bad;
  FieldReader r{bytes.subspan(kHead, length - kHead - 8)};
  LogState s;
  s.sequence = r.take<uint64_t>();
  s.clean = r.take<uint32_t>() != 0;
  s.journal.sequence = r.take<uint64_t>(), s.journal.entry = r.take<uint64_t>(),
  s.journal.position = r.take<uint64_t>(), s.journal.previous_checksum = r.take<uint64_t>();
  s.incarnation = r.take<uint64_t>();
  for (uint32_t n = r.take<uint32_t>(); n > 0 && !r.bad; --n) {
    Log log;
    log.tp.topic = std::string(as_string(r.take_bytes()));
    log.tp.partition = r.take<PartitionId>();
    for (uint8_t& b : log.topic_id.bytes) b = r.take<uint8_t>();
    log.stored.recovery.offset = r.take<Offset>(), log.stored.recovery.segment_base = r.take<Offset>();
    log.stored.recovery.position = r.take<uint64_t>();
    log.stored.recovery.entry = r.take<uint64_t>();
    log.stored.recovery.index_entries = r.take<uint32_t>(), log.stored.recovery.time_entries = r.take<uint32_t>();
    log.stored.recovery.index_hash = r.take<uint64_t>();
    auto epochs = std::make_shared<std::vector<EpochCache::Entry>>();
    for (uint32_t m = r.take<uint32_t>(); m > 0 && !r.bad; --m) {
      LeaderEpoch epoch = r.take<LeaderEpoch>();
      epochs->push_back({epoch, r.take<Offset>()});
    }
    if (!epochs->empty()) log.stored.recovery.epochs = std::move(epochs);
    log.stored.log_start = r.take<Offset>(), log.stored.high_watermark = r.take<Offset>();
    s.logs.push_back(std::move(log));
  }
  for (uint32_t n = r.take<uint32_t>(); n > 0 && !r.bad; --n) {
    std::string name(as_string(r.take_bytes()));
    ConstBytes value = r.take_bytes();
    s.cells[name].assign(value.begin(), value.end());
  }
  if (r.bad || !r.left.empty()) return bad;
  return s;
}

}  // namespace weir::log
