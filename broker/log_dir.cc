#include "broker/log_dir.h"

#include <charconv>

#include <fmt/format.h>

#include "base/config/config.h"

namespace weir::broker {
namespace {

std::string path_of(const std::string& dir, const char* file) { return dir + "/" + file; }

std::optional<int64_t> to_number(std::string_view s) {
  int64_t v = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (s.empty() || error != std::errc() || end != s.data() + s.size()) return std::nullopt;
  return v;
}

Error bad(std::string detail) { return {ErrorCode::invalid_argument, "config", std::move(detail)}; }

}  // namespace

Result<MetaProperties> read_meta_properties(io::Disk& disk, const std::string& dir) {
  std::string path = path_of(dir, "meta.properties");
  TRY_ASSIGN(bool there, disk.exists(path));
  if (!there) return Error(ErrorCode::not_found, "log directory", path);
  TRY_ASSIGN(auto bytes, disk.read_file(path));
  TRY_ASSIGN(config::Values values, config::parse_properties(as_string(bytes)));
  MetaProperties meta;
  meta.cluster_id = values["cluster.id"];
  auto id = to_number(values["node.id"]);
  auto directory = Uuid::parse(values["directory.id"]);
  if (values["version"] != "1" || meta.cluster_id.empty() || !id) {
    return Error(ErrorCode::malformed, "log directory", fmt::format("{} is no meta.properties of version 1", path));
  }
  meta.node_id = static_cast<BrokerId>(*id);
  if (directory) meta.directory_id = *directory;
  return meta;
}

Status format_log_dir(io::Disk& disk, const std::string& dir, const MetaProperties& meta,
                      const std::vector<replication::Voter>& voters) {
  TRY(disk.make_dirs(dir));
  auto old = read_meta_properties(disk, dir);
  if (old) {
    return Error(ErrorCode::already_exists, "format",
                 fmt::format("{} is formatted already, for node {} of cluster {}; use another directory or remove it",
                             dir, old->node_id, old->cluster_id));
  }
  if (old.code() != ErrorCode::not_found) return old.error();
  std::string voters_text;
  for (const auto& v : voters)
    voters_text += fmt::format("{}@{}:{}\n", v.id, v.endpoint.to_string(), v.directory_id.to_string());
  if (!voters.empty()) TRY(disk.write_file_atomic(path_of(dir, "weir.voters"), as_bytes(voters_text)));
  std::string text = fmt::format("#\nversion=1\ncluster.id={}\nnode.id={}\ndirectory.id={}\n", meta.cluster_id,
                                 meta.node_id, meta.directory_id.to_string());
  return disk.write_file_atomic(path_of(dir, "meta.properties"), as_bytes(text));
}

Result<std::vector<replication::Voter>> read_voters(io::Disk& disk, const std::string& dir) {
  std::vector<replication::Voter> voters;
  TRY_ASSIGN(bool there, disk.exists(path_of(dir, "weir.voters")));
  if (!there) return voters;
  TRY_ASSIGN(auto bytes, disk.read_file(path_of(dir, "weir.voters")));
  std::string_view text = as_string(bytes);
  while (!text.empty()) {
    size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty()) {
      TRY_ASSIGN(auto voter, parse_voter(line));
      voters.push_back(voter);
    }
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return voters;
}

Result<io::Endpoint> parse_host_port(std::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(fmt::format("'{}' is not HOST:PORT", text));
  auto port = to_number(text.substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) return bad(fmt::format("'{}' has no port between 0 and 65535", text));
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return io::Endpoint{std::string(host), static_cast<uint16_t>(*port)};
}

Result<replication::Voter> parse_voter(std::string_view text) {
  replication::Voter voter;
  size_t at = text.find('@');
  auto id = at == std::string_view::npos ? std::nullopt : to_number(text.substr(0, at));
  if (!id || *id < 0) return bad(fmt::format("voter '{}' is not ID@HOST:PORT", text));
  voter.id = static_cast<BrokerId>(*id);
  std::string_view rest = text.substr(at + 1);
  size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.size() - colon - 1 == 22) {
    TRY_ASSIGN(voter.directory_id, Uuid::parse(rest.substr(colon + 1)));
    rest = rest.substr(0, colon);
  }
  TRY_ASSIGN(voter.endpoint, parse_host_port(rest));
  return voter;
}

Result<ListenerSpec> parse_listener(std::string_view text) {
  size_t sep = text.find("://");
  if (sep == std::string_view::npos || sep == 0) return bad(fmt::format("listener '{}' is not NAME://HOST:PORT", text));
  TRY_ASSIGN(auto endpoint, parse_host_port(text.substr(sep + 3)));
  return ListenerSpec{std::string(text.substr(0, sep)), endpoint};
}

}  // namespace weir::broker
