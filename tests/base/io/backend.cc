#include "tests/base/io/backend.h"

#include "tests/sim/sim_runtime.h"

namespace weir::io {
namespace {

class SimBackend final : public Backend {
 public:
  Runtime& runtime() override { return world_->runtime(); }
  bool run_until(const std::function<bool()>& pred) override { return world_->run_until(pred); }
  std::string dir() override { return "/tmp"; }

 private:
  std::unique_ptr<sim::SimWorld> world_ = sim::SimWorld::single();
};

}  // namespace

std::unique_ptr<Backend> make_backend(const std::string& name) {
  if (name == "sim") return std::make_unique<SimBackend>();
  return nullptr;
}

}  // namespace weir::io
