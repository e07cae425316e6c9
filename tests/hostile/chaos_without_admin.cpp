#include <utility>

#include "tests/hostile/chaos_admin.h"
#include "tests/hostile/story.h"

namespace closelab::hostile {

struct ChaosAdmin::Impl {};

ChaosAdmin::ChaosAdmin() = default;
ChaosAdmin::~ChaosAdmin() = default;
Options ChaosAdmin::attach(Options options) { return options; }
void ChaosAdmin::open(Server&) {}
void ChaosAdmin::visit(Random&, std::chrono::steady_clock::time_point) {}
void ChaosAdmin::close() {}

void failing_admin(const Scale&, Findings& findings) {
  findings.left_out("the program, and its admin port, is not built");
}

}  // namespace closelab::hostile
