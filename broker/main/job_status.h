#pragma once
#include <deque>
#include <string>

#include "processor/job/job_info.h"
#include "web/backend.h"

namespace weir::main {

/// A job as `__weir_jobs` defines it: value of the key "job/NAME".
struct JobDefinition {
  std::string id, name, sql;
  bool paused = false;
  WallMillis created_ms = 0;
};
/// Errors: malformed.
Result<JobDefinition> parse_definition(std::string_view json);

/// Value of the key "status/NAME": how the node that runs a job says what it does.
std::string status_json(const processor::JobInfo& info, BrokerId node, WallMillis now);
/// Of a job that could not even begin.
std::string failed_status_json(const JobDefinition& job, const std::string& why, BrokerId node, WallMillis now);
/// For the dashboard; `status` may be empty: nothing is known yet.
web::JobView job_view(const JobDefinition& job, std::string_view status);
/// The id a status speaks of.
std::string status_id(std::string_view status);

/// Rows a second of a job, from the counters of its last statuses.
class RowRates {
 public:
  /// Sets the rates of `view` over the last kSpan; unknown until two looks lie apart, and after a restart of the job.
  void look(web::JobView& view, WallMillis now);

 private:
  static constexpr WallMillis kSpan = 10'000;
  struct Look {
    WallMillis at;
    int64_t rows_in, rows_out;
  };
  std::deque<Look> looks_;
};

}  // namespace weir::main
