#include "log/checkpoint_text.h"

#include <charconv>

namespace weir::log {
namespace {

std::string_view take_line(std::string_view& text) {
  size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return line;
}

std::vector<std::string> split_fields(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    size_t space = line.find(' ');
    fields.emplace_back(line.substr(0, space));
    if (space == std::string_view::npos) return fields;
    line = line.substr(space + 1);
  }
}

}  // namespace

Result<int64_t> parse_number(std::string_view text) {
  int64_t value = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size())
    return Error(ErrorCode::malformed, "checkpoint", "no number: " + std::string(text));
  return value;
}

Result<std::vector<std::vector<std::string>>> checkpoint_lines(std::string_view text, const char* what) {
  TRY_ASSIGN(int64_t version, parse_number(take_line(text)));
  if (version != 0) return Error(ErrorCode::malformed, what, "unknown version");
  TRY_ASSIGN(int64_t count, parse_number(take_line(text)));
  std::vector<std::vector<std::string>> lines;
  while (!text.empty()) lines.push_back(split_fields(take_line(text)));
  if (static_cast<int64_t>(lines.size()) != count)
    return Error(ErrorCode::malformed, what, "the count of lines does not hold");
  return lines;
}

std::string offsets_to_text(const OffsetMap& offsets) {
  std::string out = "0\n" + std::to_string(offsets.size()) + "\n";
  for (const auto& [tp, offset] : offsets) {
    CHECK(offset >= 0, "a checkpointed offset is never negative", offset);
    out += tp.topic + " " + std::to_string(tp.partition) + " " + std::to_string(offset) + "\n";
  }
  return out;
}

Result<OffsetMap> offsets_from_text(std::string_view text, const char* what) {
  TRY_ASSIGN(auto lines, checkpoint_lines(text, what));
  OffsetMap out;
  for (const auto& fields : lines) {
    if (fields.size() != 3) return Error(ErrorCode::malformed, what, "three fields a line expected");
    TRY_ASSIGN(int64_t partition, parse_number(fields[1]));
    TRY_ASSIGN(Offset offset, parse_number(fields[2]));
    if (partition < 0 || partition > INT32_MAX || offset < 0)
      return Error(ErrorCode::malformed, what, "number out of range");
    out[{fields[0], static_cast<PartitionId>(partition)}] = offset;
  }
  return out;
}

}  // namespace weir::log
