#pragma once

namespace CLI {
class App;
}

/// One function a command of `weir`, each in a file of its own. It adds its subcommand; the subcommand's callback sets
/// `exit_code`. Exit codes: 0 ok, 1 failed, 2 usage, 3 not reachable, 4 unsafe refused.
namespace weir::cli {

void add_server(CLI::App& app, int& exit_code);
void add_format(CLI::App& app, int& exit_code);
void add_dev(CLI::App& app, int& exit_code);
void add_cluster(CLI::App& app, int& exit_code);
void add_sql(CLI::App& app, int& exit_code);
void add_job(CLI::App& app, int& exit_code);
void add_topic(CLI::App& app, int& exit_code);
void add_group(CLI::App& app, int& exit_code);
void add_produce(CLI::App& app, int& exit_code);
void add_consume(CLI::App& app, int& exit_code);
void add_config(CLI::App& app, int& exit_code);
void add_quorum(CLI::App& app, int& exit_code);
void add_elect(CLI::App& app, int& exit_code);
void add_info(CLI::App& app, int& exit_code);
void add_dump(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_sim(CLI::App& app, int& exit_code);

}  // namespace weir::cli
