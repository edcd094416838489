#include "web/access.h"

#include <gtest/gtest.h>

namespace weir::web {
namespace {

AccessRequest local(std::string_view host) { return {host, std::nullopt, std::nullopt, std::nullopt, true}; }

TEST(Access, HostNames) {
  EXPECT_EQ(host_name("LocalHost:8080"), "localhost");
  EXPECT_EQ(host_name("[::1]:80"), "::1");
  EXPECT_EQ(host_name("[::1"), "");
  EXPECT_TRUE(is_loopback_name("127.3.2.1"));
  EXPECT_FALSE(is_loopback_name("127.evil.com"));
  EXPECT_TRUE(is_ip_literal("10.0.0.1"));
}

TEST(Access, RebindingNameIsRefusedOnLoopback) {
  EXPECT_EQ(refuse_read(local("127.0.0.1:8080"), {}), "");
  EXPECT_NE(refuse_read(local("evil.example:8080"), {}), "");
  EXPECT_EQ(refuse_read(local("dash.example"), {std::nullopt, {"dash.example"}}), "");
  auto remote = local("dash.example");
  remote.peer_loopback = false;
  EXPECT_EQ(refuse_read(remote, {}), "");
}

TEST(Access, LiveNeedsOwnOrigin) {
  auto request = local("localhost:8080");
  request.origin = "http://localhost:8080";
  EXPECT_EQ(refuse_live(request, {}), "");
  request.origin = "http://localhost:9999";
  EXPECT_NE(refuse_live(request, {}), "");
  request.origin = "null";
  EXPECT_NE(refuse_live(request, {}), "");
  request.origin.reset();
  EXPECT_EQ(refuse_live(request, {}), "");
  request.fetch_site = "cross-site";
  EXPECT_NE(refuse_live(request, {}), "");
}

TEST(Access, WriteWithoutTokenOnlyFromThisMachine) {
  auto request = local("localhost:8080");
  EXPECT_EQ(refuse_write(request, {}), "");
  request.peer_loopback = false;
  EXPECT_NE(refuse_write(request, {}), "");
}

TEST(Access, WriteWithToken) {
  AccessRules rules{"secret", {}};
  auto request = local("10.1.1.1:8080");
  request.peer_loopback = false;
  EXPECT_NE(refuse_write(request, rules), "");
  request.authorization = "Bearer secreT";
  EXPECT_NE(refuse_write(request, rules), "");
  request.authorization = "Bearer secret1";
  EXPECT_NE(refuse_write(request, rules), "");
  request.authorization = "Bearer ";
  EXPECT_NE(refuse_write(request, rules), "");
  request.authorization = "Bearer secret";
  EXPECT_EQ(refuse_write(request, rules), "");
}

}  // namespace
}  // namespace weir::web
