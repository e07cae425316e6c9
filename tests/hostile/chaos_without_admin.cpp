#include <utility>

#include "tests/hostile/chaos_admin.h"

namespace closelab::hostile {

struct ChaosAdmin::Impl {};

ChaosAdmin::ChaosAdmin() = default;
ChaosAdmin::~ChaosAdmin() = default;
Options ChaosAdmin::attach(Options options) { return options; }
void ChaosAdmin::open(Server&) {}
void ChaosAdmin::visit(Random&, std::chrono::steady_clock::time_point) {}
void ChaosAdmin::close() {}

}  // namespace closelab::hostile
