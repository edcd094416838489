#include "processor/ops/group_key.h"

#include <cmath>
#include <cstring>

#include "base/util/bytes.h"

namespace weir::processor {

namespace {

/// One column of a key, read.
struct Part {
  bool null = true;
  int64_t bits = 0;
  std::string_view text;
};

bool read_part(std::string_view& key, Type type, Part& out) {
  if (key.empty()) return false;
  out.null = key[0] == 0;
  key.remove_prefix(1);
  if (out.null) return true;
  const auto* p = reinterpret_cast<const uint8_t*>(key.data());
  if (type.is_string()) {
    if (key.size() < 4) return false;
    uint32_t n = load_le<uint32_t>(p);
    if (key.size() - 4 < n) return false;
    out.text = key.substr(4, n);
    key.remove_prefix(4 + n);
  } else {
    if (key.size() < 8) return false;
    out.bits = load_le<int64_t>(p);
    key.remove_prefix(8);
  }
  return true;
}

double as_real(int64_t bits) {
  double d;
  std::memcpy(&d, &bits, 8);
  return d;
}

}  // namespace

std::string_view GroupKeyCodec::encode(const std::vector<const Vector*>& columns, size_t row,
                                       std::vector<uint8_t>& into) const {
  size_t need = 0;
  for (size_t c = 0; c < types_.size(); ++c)
    need += 9 + (types_[c].is_string() && !columns[c]->null[row] ? columns[c]->strings[row].size() : 0);
  if (into.size() < need) into.resize(need * 2);
  uint8_t* p = into.data();
  for (size_t c = 0; c < types_.size(); ++c) {
    const Vector& v = *columns[c];
    if (v.null[row]) {
      *p++ = 0;
      continue;
    }
    *p++ = 1;
    if (types_[c].is_string()) {
      std::string_view s = v.strings[row];
      store_le(p, static_cast<uint32_t>(s.size()));
      if (!s.empty()) std::memcpy(p + 4, s.data(), s.size());
      p += 4 + s.size();
    } else if (types_[c].is_float()) {
      double d = v.reals[row];
      if (d == 0) d = 0;
      if (std::isnan(d)) d = std::nan("");
      std::memcpy(p, &d, 8);
      p += 8;
    } else {
      store_le(p, v.ints[row]);
      p += 8;
    }
  }
  return {reinterpret_cast<const char*>(into.data()), static_cast<size_t>(p - into.data())};
}

void GroupKeyCodec::decode(std::string_view key, std::vector<Vector>& columns, size_t first_column, size_t row) const {
  for (size_t c = 0; c < types_.size(); ++c) {
    Part part;
    Vector& v = columns[first_column + c];
    v.null[row] = !read_part(key, types_[c], part) || part.null;
    if (v.null[row]) continue;
    if (types_[c].is_string())
      v.strings[row] = part.text;
    else if (types_[c].is_float())
      v.reals[row] = as_real(part.bits);
    else
      v.ints[row] = part.bits;
  }
}

bool GroupKeyCodec::less(std::string_view a, std::string_view b) const {
  for (Type t : types_) {
    Part x, y;
    read_part(a, t, x);
    read_part(b, t, y);
    if (x.null != y.null) return x.null;
    if (x.null) continue;
    if (t.is_string()) {
      if (int c = x.text.compare(y.text)) return c < 0;
    } else if (x.bits != y.bits) {
      if (!t.is_float()) return x.bits < y.bits;
      double p = as_real(x.bits), q = as_real(y.bits);
      if (p != q && !std::isnan(p) && !std::isnan(q)) return p < q;
      return std::isnan(q) && !std::isnan(p);
    }
  }
  return false;
}

bool GroupKeyCodec::valid(std::string_view key) const {
  for (Type t : types_) {
    Part part;
    if (!read_part(key, t, part)) return false;
  }
  return key.empty();
}

}  // namespace weir::processor
