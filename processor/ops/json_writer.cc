#include "processor/ops/json_writer.h"

#include <cmath>

#include "processor/expr/text.h"

namespace weir::processor {

JsonWriter::JsonWriter(const Table& sink)
    : separator_(sink.timestamp_format == TimestampFormat::sql ? ' ' : 'T'), leave_out_nulls_(sink.ignore_null_fields) {
  for (const TableColumn& c : sink.columns) {
    std::string name;
    append_json_string(name, c.name);
    names_.push_back(name + ":");
    types_.push_back(c.type);
  }
}

void JsonWriter::append(std::string& out, const std::vector<const Vector*>& values, size_t row) const {
  out += '{';
  bool first = true;
  for (size_t c = 0; c < names_.size(); ++c) {
    const Vector& v = *values[c];
    if (v.null[row] && leave_out_nulls_) continue;
    if (!first) out += ',';
    first = false;
    out += names_[c];
    if (v.null[row]) {
      out += "null";
      continue;
    }
    switch (types_[c].kind) {
      case TypeKind::boolean:
        out += v.ints[row] ? "true" : "false";
        break;
      case TypeKind::string:
        append_json_string(out, v.strings[row]);
        break;
      case TypeKind::float_:
      case TypeKind::double_: {
        double d = v.reals[row];
        bool quoted = !std::isfinite(d);  // Jackson: "NaN"
        if (quoted) out += '"';
        if (types_[c].kind == TypeKind::float_)
          append_float(out, static_cast<float>(d));
        else
          append_double(out, d);
        if (quoted) out += '"';
        break;
      }
      case TypeKind::timestamp:
      case TypeKind::timestamp_ltz:
        out += '"';
        append_timestamp(out, truncate_millis(v.ints[row], types_[c].precision), separator_);
        if (types_[c].kind == TypeKind::timestamp_ltz) out += 'Z';
        out += '"';
        break;
      default:
        append_int(out, v.ints[row]);
        break;
    }
  }
  out += '}';
}

}  // namespace weir::processor
