#include "processor/job/job_worker.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <future>

namespace weir::processor {

JobWorker::JobWorker(std::function<std::unique_ptr<io::Runtime>()> make) {
  std::promise<void> made;
  std::future<void> ready = made.get_future();
  thread_ = std::thread([this, make = std::move(make), made = std::move(made)]() mutable {
    // On Linux a priority is the thread's own (setpriority(2), NOTES). Refused or not, the jobs run.
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), 10);
    runtime_ = make();
    io::Runtime* runtime = runtime_.get();
    made.set_value();
    runtime->run();
    runtime_.reset();  // on the thread that made it
  });
  ready.wait();
}

JobWorker::~JobWorker() {
  runtime_->stop();
  thread_.join();
}

}  // namespace weir::processor
