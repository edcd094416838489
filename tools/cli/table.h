#pragma once
#include <string>
#include <vector>

namespace weir::cli {

/// Rows in aligned columns under a line of titles. Columns whose title begins with '>' are aligned to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) : titles_(std::move(titles)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  std::string text() const;
  void print() const;

 private:
  std::vector<std::string> titles_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace weir::cli
