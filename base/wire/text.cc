#include "base/wire/codec_impl.h"

namespace weir::wire::codec_detail {

void Printer::print(const std::string& v) {
  constexpr char kHex[] = "0123456789abcdef";
  out_ += '"';
  for (char c : v) {
    auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out_ += '\\';
      out_ += c;
    } else if (u < 0x20) {
      out_ += "\\u00";
      out_ += kHex[u >> 4];
      out_ += kHex[u & 15];
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void Printer::print(const std::vector<uint8_t>& v) { out_ += "\"<" + std::to_string(v.size()) + " bytes>\""; }

void Printer::print(const BufferChain& v) { out_ += "\"<" + std::to_string(chain_size(v)) + " bytes>\""; }

}  // namespace weir::wire::codec_detail
