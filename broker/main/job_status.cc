#include "broker/main/job_status.h"

#include <simdjson.h>
#include <charconv>

#include <fmt/format.h>

#include "base/util/json_text.h"
#include "processor/expr/flat_json.h"

namespace weir::main {
namespace {

std::string optional_number(int64_t value, bool known) { return known ? std::to_string(value) : "null"; }

std::optional<int64_t> number(const simdjson::dom::element& e, const char* name) {
  int64_t v = 0;
  return e[name].get(v) == simdjson::SUCCESS ? std::optional(v) : std::nullopt;
}

std::string text(const simdjson::dom::element& e, const char* name) {
  std::string_view v;
  return e[name].get(v) == simdjson::SUCCESS ? std::string(v) : std::string();
}

}  // namespace

Result<JobDefinition> parse_definition(std::string_view json) {
  TRY_ASSIGN(auto fields, processor::parse_flat_json(json));
  JobDefinition d;
  for (const auto& f : fields) {
    if (f.name == "id")
      d.id = f.text;
    else if (f.name == "name")
      d.name = f.text;
    else if (f.name == "sql")
      d.sql = f.text;
    else if (f.name == "state")
      d.paused = f.text == "paused";
    else if (f.name == "created_ms")
      std::from_chars(f.text.data(), f.text.data() + f.text.size(), d.created_ms);
  }
  if (d.id.empty() || d.name.empty() || d.sql.empty())
    return Error(ErrorCode::malformed, "job definition", "id, name and sql are needed");
  return d;
}

std::string status_json(const processor::JobInfo& info, BrokerId node, WallMillis now) {
  std::string inputs, outputs;
  int64_t watermark = INT64_MAX;
  for (const auto& in : info.inputs) {
    watermark = std::min(watermark, in.event_time_watermark_ms);
    for (size_t p = 0; p < in.partitions.size(); ++p) {
      const auto& part = in.partitions[p];
      inputs += fmt::format(
          "{}{{\"topic\":{},\"partition\":{},\"position\":{},\"lag\":{},\"watermark_ms\":{},\"idle\":{}}}",
          inputs.empty() ? "" : ",", json_text(in.topic), p, part.progress.next_offset, part.lag,
          optional_number(part.progress.event_time_watermark, part.progress.event_time_watermark != INT64_MIN),
          part.progress.status == processor::PartitionStatus::idle);
    }
  }
  for (const auto& o : info.outputs) {
    outputs += fmt::format("{}{{\"table\":{},\"topic\":{},\"rows\":{},\"acknowledged\":{}}}",
                           outputs.empty() ? "" : ",", json_text(o.table), json_text(o.topic), o.rows, o.acknowledged);
  }
  bool known = watermark != INT64_MIN && watermark != INT64_MAX;
  bool emitted = info.emitted > 0;
  return fmt::format(
      "{{\"name\":{},\"id\":{},\"state\":\"{}\",\"error\":{},\"node\":{},\"updated_ms\":{},\"started_ms\":{},\"rows_"
      "in\":{},\"rows_out\":{},\"late\":{},\"skipped\":{},"
      "\"refused\":{},\"state_bytes\":{},\"keys\":{},\"watermark_ms\":{},\"inputs\":[{}],\"outputs\":[{}],"
      "\"checkpoints\":{},\"last_checkpoint_ms\":{},"
      "\"last_checkpoint_bytes\":{},\"checkpoint_us\":{},\"emit_p50_us\":{},\"emit_p99_us\":{}}}",
      json_text(info.name), json_text(info.id), processor::job_state_name(info.state),
      info.failure.empty() ? "null" : json_text(info.failure), node, now, info.started_ms, info.stats.rows_in,
      info.stats.rows_out, info.stats.rows_late, info.stats.rows_skipped, info.stats.rows_refused,
      info.stats.state_bytes, info.stats.groups, optional_number(watermark, known), inputs, outputs, info.checkpoints,
      optional_number(info.last_checkpoint_ms, info.last_checkpoint_ms > 0), info.last_checkpoint_bytes,
      info.last_checkpoint_duration.count() / 1000, optional_number(info.emit_p50_us, emitted),
      optional_number(info.emit_p99_us, emitted));
}

std::string failed_status_json(const JobDefinition& job, const std::string& why, BrokerId node, WallMillis now) {
  return fmt::format(
      "{{\"name\":{},\"id\":{},\"state\":\"failed\",\"error\":{},\"node\":{},\"updated_ms\":{},\"inputs\":[],"
      "\"outputs\":[]}}",
      json_text(job.name), json_text(job.id), json_text(why), node, now);
}

std::string status_id(std::string_view status) {
  simdjson::dom::parser parser;
  simdjson::dom::element e;
  if (parser.parse(status.data(), status.size()).get(e) != simdjson::SUCCESS) return {};
  return text(e, "id");
}

web::JobView job_view(const JobDefinition& job, std::string_view status) {
  web::JobView v;
  v.name = job.name;
  v.sql = job.sql;
  v.state = "starting";
  v.guarantee = "exactly_once";
  simdjson::dom::parser parser;
  simdjson::dom::element e;
  if (status.empty() || parser.parse(status.data(), status.size()).get(e) != simdjson::SUCCESS ||
      text(e, "id") != job.id)
    return v;
  v.state = text(e, "state");
  std::string error = text(e, "error");
  if (!error.empty()) v.error = error;
  if (auto n = number(e, "node")) v.node = static_cast<BrokerId>(*n);
  v.started_ms = number(e, "started_ms");
  v.rows_in = number(e, "rows_in");
  v.rows_out = number(e, "rows_out");
  v.late_rows = number(e, "late");
  v.dropped_rows = number(e, "skipped");
  v.state_bytes = number(e, "state_bytes");
  v.state_keys = number(e, "keys");
  v.watermark_ms = number(e, "watermark_ms");
  v.checkpoints = number(e, "checkpoints");
  v.last_checkpoint_ms = number(e, "last_checkpoint_ms");
  if (auto us = number(e, "checkpoint_us")) v.checkpoint_duration_ms = static_cast<double>(*us) / 1000;
  if (auto us = number(e, "emit_p50_us")) v.emit_p50_ms = static_cast<double>(*us) / 1000;
  if (auto us = number(e, "emit_p99_us")) v.emit_p99_ms = static_cast<double>(*us) / 1000;
  simdjson::dom::array inputs, outputs;
  if (e["inputs"].get(inputs) == simdjson::SUCCESS) {
    for (auto in : inputs) {
      web::JobInputView i;
      i.topic = text(in, "topic");
      i.partition = static_cast<PartitionId>(number(in, "partition").value_or(0));
      i.position = number(in, "position");
      i.lag = number(in, "lag");
      i.watermark_ms = number(in, "watermark_ms");
      bool idle = false;
      i.idle = in["idle"].get(idle) == simdjson::SUCCESS && idle;
      v.inputs.push_back(std::move(i));
    }
  }
  if (e["outputs"].get(outputs) == simdjson::SUCCESS) {
    for (auto o : outputs) v.output_topic += (v.output_topic.empty() ? "" : ", ") + text(o, "topic");
  }
  return v;
}

void RowRates::look(web::JobView& view, WallMillis now) {
  if (!view.rows_in || !view.rows_out) return looks_.clear();
  bool again = !looks_.empty() && (*view.rows_in < looks_.back().rows_in || *view.rows_out < looks_.back().rows_out ||
                                   now < looks_.back().at);
  if (again) looks_.clear();
  looks_.push_back({now, *view.rows_in, *view.rows_out});
  while (looks_.size() > 2 && looks_[1].at <= now - kSpan) looks_.pop_front();
  double seconds = static_cast<double>(now - looks_.front().at) / 1000;
  if (seconds < 1) return;
  view.rows_in_rate = static_cast<double>(*view.rows_in - looks_.front().rows_in) / seconds;
  view.rows_out_rate = static_cast<double>(*view.rows_out - looks_.front().rows_out) / seconds;
}

}  // namespace weir::main
