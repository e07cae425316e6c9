#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace closelab::hostile {

/// Figures in columns as wide as needed; the first row is the heading.
class Table {
 public:
  explicit Table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  friend std::ostream& operator<<(std::ostream& out, const Table& table);

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace closelab::hostile
