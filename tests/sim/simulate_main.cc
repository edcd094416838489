#include <CLI/CLI.hpp>

#include "tools/cli/commands.h"

/// `weir sim` alone, without the rest of the binary: builds faster.
int main(int argc, char** argv) {
  CLI::App app{"Simulator", "simulate"};
  int exit_code = 0;
  weir::cli::add_sim(app, exit_code);
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
