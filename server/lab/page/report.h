#pragma once

#include <string>
#include <string_view>

namespace closelab::lab {

/// A page that opens from a file, without a network: the viewer and the JSON that it draws, in one. `json` is a report
/// of `closelab run`, of `closelab audit` or of several audits, as assets/report.js reads it.
std::string report_page(std::string_view title, std::string_view json);

}  // namespace closelab::lab
