#include "tools/cli/dump.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/wire/record_batch.h"
#include "base/wire/records/metadata_record.h"
#include "tools/cli/commands.h"
#include "tools/cli/record_format.h"
#include "tools/cli/session.h"
#include "web/json_writer.h"

/// `weir dump`: what a segment file holds, without a server.
namespace weir::cli {
namespace {

/// Bytes for a person: as they are when printable, else \xHH.
std::string shown(const std::optional<ConstBytes>& bytes) {
  if (!bytes) return "null";
  std::string out;
  for (uint8_t b : *bytes) {
    if ((b >= 0x20 && b != 0x7f && b != '\\') || b == '\t')
      out += static_cast<char>(b);
    else
      out += fmt::format("\\x{:02x}", b);
  }
  return out;
}

std::string_view control_name(const wire::RecordView& record) {
  auto type = wire::parse_control_key(record);
  if (!type) return "unreadable control record";
  switch (*type) {
    case wire::ControlType::abort:
      return "ABORT";
    case wire::ControlType::commit:
      return "COMMIT";
    case wire::ControlType::leader_change:
      return "LEADER_CHANGE";
    case wire::ControlType::snapshot_header:
      return "SNAPSHOT_HEADER";
    case wire::ControlType::snapshot_footer:
      return "SNAPSHOT_FOOTER";
    case wire::ControlType::kraft_version:
      return "KRAFT_VERSION";
    case wire::ControlType::kraft_voters:
      return "KRAFT_VOTERS";
  }
  return "unknown control record";
}

std::string batch_line(const wire::RecordBatchView& b, size_t position, bool crc_ok) {
  std::string out = fmt::format("@{} offsets {}..{} count {} epoch {} {} {} bytes, {} max {}", position,
                                b.base_offset(), b.last_offset(), b.records_count(), b.leader_epoch(),
                                wire::compression_name(b.compression()), b.size_in_bytes(),
                                b.timestamp_type() == wire::TimestampType::create_time ? "CreateTime" : "LogAppendTime",
                                format_time(b.max_timestamp()));
  if (b.is_idempotent())
    out += fmt::format(", producer {} epoch {} sequence {}..{}", b.producer_id(), b.producer_epoch(), b.base_sequence(),
                       b.last_sequence());
  if (b.is_transactional()) out += ", transactional";
  if (b.is_control()) out += ", control";
  if (!crc_ok) out += fmt::format(", CRC DOES NOT HOLD ({:08x})", b.crc());
  return out + "\n";
}

std::string batch_json(const wire::RecordBatchView& b, size_t position, bool crc_ok) {
  web::JsonWriter w;
  w.begin_object()
      .field("position", uint64_t{position})
      .field("base_offset", b.base_offset())
      .field("last_offset", b.last_offset())
      .field("count", b.records_count());
  w.field("leader_epoch", b.leader_epoch())
      .field("compression", wire::compression_name(b.compression()))
      .field("size", uint64_t{b.size_in_bytes()});
  w.field("max_timestamp", b.max_timestamp())
      .field("producer_id", b.producer_id())
      .field("producer_epoch", int32_t{b.producer_epoch()})
      .field("base_sequence", b.base_sequence());
  w.field("transactional", b.is_transactional()).field("control", b.is_control()).field("crc_ok", crc_ok).end_object();
  return w.take() + "\n";
}

Status print_records(const wire::RecordBatchView& batch, const DumpOptions& options, void (*print)(std::string_view)) {
  TRY_ASSIGN(auto records, wire::RecordIterator::open(batch));
  while (auto r = records.next()) {
    std::string line = fmt::format("  {} {}", r->offset, format_time(r->timestamp));
    auto metadata = options.metadata && !batch.is_control() && r->value
                        ? wire::decode_metadata_record(*r->value)
                        : Result<wire::MetadataRecord>(ErrorCode::not_found);
    if (options.json)
      line = record_json({}, *r);
    else if (batch.is_control())
      line += fmt::format(" {}", control_name(*r));
    else if (metadata)
      line += " " + wire::metadata_record_text(*metadata);
    else
      line += fmt::format(" {} : {}", shown(r->key), shown(r->value));
    if (!options.json) {
      for (const auto& h : r->headers()) line += fmt::format(" [{}={}]", h.key, shown(h.value));
    }
    print(line + "\n");
  }
  return records.status();
}

/// A file, mapped for reading.
class MappedFile {
 public:
  ~MappedFile() {
    if (at_ != MAP_FAILED) ::munmap(at_, size_);
  }
  Status open(const std::string& path) {
    int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return usage(fmt::format("{}: {}", path, std::strerror(errno)));
    struct stat info {};
    Status status;
    if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) status = usage(fmt::format("{} is no file", path));
    size_ = status ? static_cast<size_t>(info.st_size) : 0;
    if (size_ > 0) at_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (size_ > 0 && at_ == MAP_FAILED)
      status = failed(fmt::format("{}: {}", path, std::strerror(errno)), ErrorCode::io_error);
    ::close(fd);
    return status;
  }
  ConstBytes bytes() const {
    return at_ == MAP_FAILED ? ConstBytes() : ConstBytes(static_cast<const uint8_t*>(at_), size_);
  }

 private:
  void* at_ = MAP_FAILED;
  size_t size_ = 0;
};

}  // namespace

Status dump_segment(ConstBytes file, const DumpOptions& options, void (*print)(std::string_view)) {
  wire::BatchIterator batches(file);
  int64_t broken = 0;
  for (;;) {
    size_t position = file.size() - batches.leftover();
    auto batch = batches.next();
    if (!batch) {
      ConstBytes rest = file.subspan(position);
      if (rest.empty()) break;
      if (std::all_of(rest.begin(), rest.end(), [](uint8_t b) { return b == 0; })) {
        if (!options.json) print(fmt::format("@{} {} bytes of zeros: set aside, not written\n", position, rest.size()));
        break;
      }
      if (!batches.status())
        return failed(fmt::format("at position {}: {}", position, batches.status().error().message()),
                      ErrorCode::corrupt_message);
      return failed(fmt::format("at position {}: the last batch is cut off, {} bytes are there", position, rest.size()),
                    ErrorCode::corrupt_message);
    }
    bool crc_ok = batch->crc_matches();
    broken += !crc_ok;
    print(options.json ? batch_json(*batch, position, crc_ok) : batch_line(*batch, position, crc_ok));
    if (!options.records || !crc_ok) continue;
    if (Status s = print_records(*batch, options, print); !s) {
      return failed(fmt::format("at position {}, offset {}: {}", position, batch->base_offset(), s.error().message()),
                    ErrorCode::corrupt_message);
    }
  }
  if (broken > 0)
    return failed(fmt::format("{} batch{} whose CRC does not hold", broken, broken == 1 ? "" : "es"),
                  ErrorCode::corrupt_message);
  return {};
}

void add_dump(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("dump", "Print the batches and records of a segment file (*.log)");
  struct Args {
    std::vector<std::string> files;
    DumpOptions options;
    bool batches_only = false, metadata = false;
  };
  auto args = std::make_shared<Args>();
  cmd->add_option("FILE", args->files, "One or more LOGDIR/TOPIC-PARTITION/*.log")->required();
  cmd->add_flag("--batches", args->batches_only, "Only the batches' headers");
  cmd->add_flag("--metadata", args->metadata,
                "Values are records of __cluster_metadata (known by the folder's name too)");
  cmd->add_flag("--json", args->options.json, "One JSON object for each batch and record");
  set_action(*cmd, exit_code, [args]() -> Status {
    for (const std::string& path : args->files) {
      MappedFile file;
      TRY(file.open(path));
      DumpOptions options = args->options;
      options.records = !args->batches_only;
      options.metadata = args->metadata || path.find("__cluster_metadata-") != std::string::npos;
      if (args->files.size() > 1 && !options.json) fmt::print("{}\n", path);
      Status s = dump_segment(file.bytes(), options,
                              [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); });
      if (!s) return failed(fmt::format("{}: {}", path, s.error().detail), s.code());
    }
    return {};
  });
}

}  // namespace weir::cli
