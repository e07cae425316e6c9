#include "closelab/switch.h"

#include <ostream>

namespace closelab {

std::ostream& operator<<(std::ostream& out, Switch value) { return out << (value == Switch::on ? "on" : "off"); }

}  // namespace closelab
