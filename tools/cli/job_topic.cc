#include "tools/cli/job_topic.h"

#include <simdjson.h>

#include "tools/cli/session.h"
#include "web/json_writer.h"

namespace weir::cli {
namespace {

namespace dom = simdjson::dom;
const TopicPartition kJobs{"__weir_jobs", 0};

std::string text_of(const dom::object& o, std::string_view key) {
  std::string_view v;
  return o[key].get(v) == simdjson::SUCCESS ? std::string(v) : "";
}

std::optional<int64_t> number_of(const dom::object& o, std::string_view key) {
  int64_t v = 0;
  double d = 0;
  if (o[key].get(v) == simdjson::SUCCESS) return v;
  if (o[key].get(d) == simdjson::SUCCESS) return static_cast<int64_t>(d);
  return std::nullopt;
}

}  // namespace

std::string JobDefinition::to_json() const {
  web::JsonWriter w;
  w.begin_object()
      .field("id", id)
      .field("name", name)
      .field("sql", sql)
      .field("state", state)
      .field("created_ms", created_ms)
      .end_object();
  return w.take();
}

std::optional<JobDefinition> JobDefinition::parse(std::string_view json) {
  dom::parser parser;
  dom::object o;
  if (parser.parse(json.data(), json.size()).get(o) != simdjson::SUCCESS) return std::nullopt;
  JobDefinition d{text_of(o, "id"), text_of(o, "name"), text_of(o, "sql"), text_of(o, "state"),
                  number_of(o, "created_ms").value_or(0)};
  if (d.id.empty() || d.name.empty()) return std::nullopt;
  return d;
}

std::optional<JobStatus> JobStatus::parse(std::string_view json) {
  dom::parser parser;
  dom::object o;
  if (parser.parse(json.data(), json.size()).get(o) != simdjson::SUCCESS) return std::nullopt;
  JobStatus s;
  s.json = json;
  s.id = text_of(o, "id");
  s.state = text_of(o, "state");
  s.error = text_of(o, "error");
  s.node = number_of(o, "node");
  s.updated_ms = number_of(o, "updated_ms");
  s.rows_in = number_of(o, "rows_in");
  s.rows_out = number_of(o, "rows_out");
  s.late = number_of(o, "late");
  s.state_bytes = number_of(o, "state_bytes");
  s.keys = number_of(o, "keys");
  s.watermark_ms = number_of(o, "watermark_ms");
  s.checkpoints = number_of(o, "checkpoints");
  s.last_checkpoint_ms = number_of(o, "last_checkpoint_ms");
  s.emit_p50_us = number_of(o, "emit_p50_us");
  s.emit_p99_us = number_of(o, "emit_p99_us");
  dom::array list;
  if (o["inputs"].get(list) == simdjson::SUCCESS) {
    for (dom::element e : list) {
      dom::object i;
      if (e.get(i) == simdjson::SUCCESS) {
        s.inputs.push_back({text_of(i, "topic"), number_of(i, "partition").value_or(0), number_of(i, "position"),
                            number_of(i, "lag"), number_of(i, "watermark_ms")});
      }
    }
  }
  if (o["outputs"].get(list) == simdjson::SUCCESS) {
    for (dom::element e : list) {
      dom::object i;
      if (e.get(i) == simdjson::SUCCESS)
        s.outputs.push_back({text_of(i, "topic"), number_of(i, "rows"), number_of(i, "acknowledged")});
    }
  }
  if (s.id.empty() || s.state.empty()) return std::nullopt;
  return s;
}

std::optional<int64_t> JobStatus::lag() const {
  std::optional<int64_t> sum;
  for (const Input& i : inputs) {
    if (i.lag) sum = sum.value_or(0) + *i.lag;
  }
  return sum;
}

JobTopic::JobTopic(client::Client& client)
    : client_(client),
      consumer_(client, {.max_wait_ms = 500, .partition_bytes_max = 8 << 20, .read_committed = false}),
      producer_(client, {}) {}

Status JobTopic::open(bool create) {
  auto topic = client_.topic(kJobs.topic, create);
  if (!topic && topic.code() == ErrorCode::unknown_topic_or_partition && !create) return {};
  TRY(topic);
  TRY_ASSIGN(auto start, client_.list_offsets({kJobs}, -2));
  TRY_ASSIGN(auto end, client_.list_offsets({kJobs}, -1));
  consumer_.assign(kJobs, start[kJobs]);
  while (consumer_.positions().at(kJobs).next < end[kJobs]) TRY(poll());
  return {};
}

Status JobTopic::poll() {
  auto count = consumer_.poll([this](const TopicPartition&, const wire::RecordView& record) {
    take(record);
    return true;
  });
  if (!count) return count.error();
  return {};
}

void JobTopic::take(const wire::RecordView& record) {
  if (!record.key) return;
  std::string key(as_string(*record.key));
  auto rest = [&](std::string_view prefix) { return key.substr(prefix.size()); };
  if (key.starts_with("job/")) {
    if (!record.value)
      definitions_.erase(rest("job/"));
    else if (auto d = JobDefinition::parse(as_string(*record.value)))
      definitions_[rest("job/")] = std::move(*d);
  } else if (key.starts_with("status/")) {
    if (!record.value)
      statuses_.erase(rest("status/"));
    else if (auto s = JobStatus::parse(as_string(*record.value)))
      statuses_[rest("status/")] = std::move(*s);
  }
}

const JobDefinition* JobTopic::definition(const std::string& name) const {
  auto it = definitions_.find(name);
  return it == definitions_.end() ? nullptr : &it->second;
}

const JobStatus* JobTopic::status(const JobDefinition& definition) const {
  auto it = statuses_.find(definition.name);
  return it == statuses_.end() || it->second.id != definition.id ? nullptr : &it->second;
}

Status JobTopic::put(const JobDefinition& definition) { return write("job/" + definition.name, definition.to_json()); }
Status JobTopic::drop(const std::string& name) { return write("job/" + name, std::nullopt); }

Status JobTopic::write(const std::string& key, std::optional<std::string> value) {
  client::OutRecord record{key, std::move(value), wall_now_ms(), {}};
  auto offset = producer_.send(kJobs, std::span(&record, 1));
  if (!offset) return offset.error();
  return {};
}

}  // namespace weir::cli
