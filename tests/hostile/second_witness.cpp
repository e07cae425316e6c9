#include "tests/hostile/second_witness.h"

#include <algorithm>
#include <array>
#include <span>
#include <sstream>
#include <string>
#include <vector>

namespace closelab::hostile {
namespace {

using kernel_test::WireVerdict;

enum class Agreement : std::uint8_t { agrees, says_nothing, contradicts };

template <class Value>
Agreement judge(Value said, Value nothing, const std::vector<Value>& wire) {
  if (std::ranges::count(wire, said) > 0) return Agreement::agrees;
  return said == nothing ? Agreement::says_nothing : Agreement::contradicts;
}

template <class Value, class Of>
std::vector<Value> each(const std::vector<kernel_test::First>& firsts, Of of) {
  std::vector<Value> values;
  for (const kernel_test::First& first : firsts) values.push_back(of(first));
  return values;
}

std::array<Agreement, 4> judge(const Verdict& verdict, const WireVerdict& wire) {
  return {judge(verdict.closed_first, Side::undetermined,
                each<Side>(wire.first, [](const auto& first) { return first.side; })),
          judge(verdict.closed_by, ClosedBy::undetermined,
                each<ClosedBy>(wire.first, [](const auto& first) { return first.by; })),
          judge(verdict.reset_by, ResetBy::undetermined, wire.reset_by),
          judge(verdict.time_wait, TimeWait::unknown, wire.time_wait)};
}

std::string describe(const ConnectionRecord& record, const std::vector<kernel_test::Packet>& packets) {
  std::ostringstream text;
  text << "chaos: the packets contradict this record\n" << record << std::span(packets);
  return text.str();
}

}  // namespace

Compared compare(const Server& server, kernel_test::Sniffer& sniffer, Findings& findings) {
  Compared compared;
  const kernel_test::Connections captured = sniffer.finish();
  if (sniffer.dropped() > 0) return compared;
  server.each_connection([&](const ConnectionRecord& record) {
    const auto found = captured.find({kernel_test::plain(record.client), kernel_test::plain(record.server)});
    if (found == captured.end() || found->second.size() != 1) return;
    const auto& packets = found->second.front();
    const auto agreements = judge(record.verdict, testbed::read_wire(packets));
    const bool contradicts = std::ranges::count(agreements, Agreement::contradicts) > 0;
    ++compared.records;
    compared.answers += agreements.size();
    compared.undetermined += static_cast<std::size_t>(std::ranges::count(agreements, Agreement::says_nothing));
    compared.wrong += contradicts;
    if (contradicts) findings.expect(false, describe(record, packets));
  });
  return compared;
}

}  // namespace closelab::hostile
