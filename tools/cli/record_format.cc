#include "tools/cli/record_format.h"

#include <fmt/format.h>

#include "web/json_writer.h"

namespace weir::cli {
namespace {

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

Error bad(std::string why) { return Error(ErrorCode::invalid_argument, "cli", std::move(why)); }

}  // namespace

Result<RecordFormat> RecordFormat::parse(std::string_view text) {
  RecordFormat out;
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\\') {
      ++i;
      if (next == 'n')
        plain += '\n';
      else if (next == 't')
        plain += '\t';
      else if (next == 'r')
        plain += '\r';
      else if (next == '\\')
        plain += '\\';
      else if (next == 'x' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
        plain += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
      } else {
        return bad(fmt::format("-f: `\\{}` is not known; expected \\n, \\t, \\r, \\\\ or \\xHH", next));
      }
    } else if (c == '%') {
      ++i;
      if (next == '%') {
        plain += '%';
        continue;
      }
      if (next == '\0' || std::string_view("tpokKsSTh").find(next) == std::string_view::npos) {
        return bad(
            fmt::format("-f: `%{}` is not known; expected %t topic, %p partition, %o offset, %k key, %K key length, %s "
                        "value, %S value length, %T timestamp, %h headers or %%",
                        next == '\0' ? ' ' : next));
      }
      if (!plain.empty()) out.pieces_.push_back({'\0', std::exchange(plain, {})});
      out.pieces_.push_back({next, ""});
    } else {
      plain += c;
    }
  }
  if (!plain.empty()) out.pieces_.push_back({'\0', plain});
  return out;
}

void RecordFormat::append(std::string& out, const TopicPartition& tp, const wire::RecordView& record) const {
  auto length = [](const std::optional<ConstBytes>& b) { return b ? std::to_string(b->size()) : "-1"; };
  for (const Piece& piece : pieces_) {
    switch (piece.letter) {
      case 't':
        out += tp.topic;
        break;
      case 'p':
        out += std::to_string(tp.partition);
        break;
      case 'o':
        out += std::to_string(record.offset);
        break;
      case 'k':
        out += record.key ? as_string(*record.key) : "";
        break;
      case 'K':
        out += length(record.key);
        break;
      case 's':
        out += record.value ? as_string(*record.value) : "";
        break;
      case 'S':
        out += length(record.value);
        break;
      case 'T':
        out += std::to_string(record.timestamp);
        break;
      case 'h': {
        bool first = true;
        for (const auto& h : record.headers()) {
          if (!std::exchange(first, false)) out += ',';
          out.append(h.key).append("=").append(h.value ? as_string(*h.value) : "NULL");
        }
        break;
      }
      default:
        out += piece.text;
    }
  }
}

std::string record_json(const TopicPartition& tp, const wire::RecordView& record) {
  web::JsonWriter w;
  auto bytes = [&](const char* name, const std::optional<ConstBytes>& b) {
    w.key(name);
    if (b)
      w.value(as_string(*b));
    else
      w.null();
  };
  w.begin_object()
      .field("topic", tp.topic)
      .field("partition", tp.partition)
      .field("offset", record.offset)
      .field("timestamp", record.timestamp);
  bytes("key", record.key);
  bytes("value", record.value);
  w.key("headers").begin_array();
  for (const auto& h : record.headers()) {
    w.begin_array().value(h.key);
    if (h.value)
      w.value(as_string(*h.value));
    else
      w.null();
    w.end_array();
  }
  w.end_array().end_object();
  return w.take();
}

}  // namespace weir::cli
