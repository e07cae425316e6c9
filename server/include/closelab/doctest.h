#pragma once

#include <sstream>

#include "closelab/options.h"
#include "closelab/record.h"

namespace doctest {
class String;
}

/// doctest up to 2.4.9 prints an enumerator as its number, whatever operator<< would say. These overloads of what it
/// calls are more specialized than its own, so that `CHECK(verdict.time_wait == TimeWait::server)` fails with words.
/// They need nothing of doctest until it uses them; GoogleTest and Catch2 ask operator<<.
namespace closelab {

#define CLOSELAB_PRINTED_BY_DOCTEST(Enum)   \
  template <class String = doctest::String> \
  String toString(const Enum& value) {      \
    std::ostringstream out;                 \
    out << value;                           \
    return String(out.str().c_str());       \
  }

CLOSELAB_PRINTED_BY_DOCTEST(AddressFamily)
CLOSELAB_PRINTED_BY_DOCTEST(At)
CLOSELAB_PRINTED_BY_DOCTEST(ClosedBy)
CLOSELAB_PRINTED_BY_DOCTEST(CloseMode)
CLOSELAB_PRINTED_BY_DOCTEST(CloseReason)
CLOSELAB_PRINTED_BY_DOCTEST(ClientHalfClose)
CLOSELAB_PRINTED_BY_DOCTEST(KeepAliveWhen)
CLOSELAB_PRINTED_BY_DOCTEST(LingeringWhen)
CLOSELAB_PRINTED_BY_DOCTEST(ListenerMode)
CLOSELAB_PRINTED_BY_DOCTEST(SampleMoment)
CLOSELAB_PRINTED_BY_DOCTEST(Persistence::Decision)
CLOSELAB_PRINTED_BY_DOCTEST(Phase)
CLOSELAB_PRINTED_BY_DOCTEST(ResetBy)
CLOSELAB_PRINTED_BY_DOCTEST(Retry)
CLOSELAB_PRINTED_BY_DOCTEST(SeenBy)
CLOSELAB_PRINTED_BY_DOCTEST(Sender)
CLOSELAB_PRINTED_BY_DOCTEST(Side)
CLOSELAB_PRINTED_BY_DOCTEST(Source)
CLOSELAB_PRINTED_BY_DOCTEST(Switch)
CLOSELAB_PRINTED_BY_DOCTEST(TcpState)
CLOSELAB_PRINTED_BY_DOCTEST(TimeWait)
CLOSELAB_PRINTED_BY_DOCTEST(Version)

#undef CLOSELAB_PRINTED_BY_DOCTEST

}  // namespace closelab
