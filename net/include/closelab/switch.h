#pragma once

#include <iosfwd>

namespace closelab {

/// An option that is either off or on; named so that a call site reads `Switch::on`, not `true`.
enum class Switch { off, on };

std::ostream& operator<<(std::ostream& out, Switch value);

}  // namespace closelab
