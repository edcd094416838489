#pragma once
#include <string>
#include <string_view>

#include <fmt/core.h>

/// Log lines for the operator: `WEIR_INFO("partition {} led at epoch {}", tp, epoch)`. Below the level nothing is
/// formatted. Lines go to stderr (or to the sink set by the simulator): time, level, node, text. Not for the hot path.
namespace weir::diag {

enum class Level { debug, info, warn, error, off };

void set_level(Level level);
bool enabled(Level level);
/// Prefix of this process's (in the simulator: the running node's) lines.
void set_node(int node_id);
void set_sink(void (*sink)(Level, std::string_view line));
void write(Level level, std::string text);

}  // namespace weir::diag

#define WEIR_LOG_(level, ...)                                                                 \
  do {                                                                                        \
    if (::weir::diag::enabled(level)) ::weir::diag::write(level, ::fmt::format(__VA_ARGS__)); \
  } while (0)
#define WEIR_DEBUG(...) WEIR_LOG_(::weir::diag::Level::debug, __VA_ARGS__)
#define WEIR_INFO(...) WEIR_LOG_(::weir::diag::Level::info, __VA_ARGS__)
#define WEIR_WARN(...) WEIR_LOG_(::weir::diag::Level::warn, __VA_ARGS__)
#define WEIR_ERROR(...) WEIR_LOG_(::weir::diag::Level::error, __VA_ARGS__)
