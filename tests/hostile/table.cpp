#include "tests/hostile/table.h"

#include <algorithm>
#include <iomanip>
#include <ostream>

namespace closelab::hostile {

std::ostream& operator<<(std::ostream& out, const Table& table) {
  std::vector<std::size_t> widths(table.rows_.front().size());
  for (const auto& row : table.rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : table.rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out << "  " << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(widths[i])) << row[i];
    }
    out << '\n';
  }
  return out << std::flush;
}

}  // namespace closelab::hostile
