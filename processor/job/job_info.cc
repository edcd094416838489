#include "processor/job/job_info.h"

namespace weir::processor {

std::string_view job_state_name(JobState s) {
  switch (s) {
    case JobState::created:
      return "created";
    case JobState::starting:
      return "starting";
    case JobState::running:
      return "running";
    case JobState::paused:
      return "paused";
    case JobState::failed:
      return "failed";
    case JobState::finished:
      return "finished";
    case JobState::dropped:
      return "dropped";
  }
  return "unknown";
}

}  // namespace weir::processor
