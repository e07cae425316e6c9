#include "server/lab/admin/server_events.h"

#include <functional>
#include <utility>

namespace closelab::lab {
namespace {

using OnConnection = std::function<void(const ConnectionRecord&)>;

OnConnection reporting(EventDispatcher& dispatcher, EventType type, OnConnection first) {
  return [&dispatcher, type, first = std::move(first)](const ConnectionRecord& record) {
    if (first) first(record);
    dispatcher.report(type, record);
  };
}

}  // namespace

Options ServerEvents::attach(Options options) {
  options.on_accepted = reporting(dispatcher_, EventType::accepted, std::move(options.on_accepted));
  options.on_idle = reporting(dispatcher_, EventType::idle, std::move(options.on_idle));
  options.on_closing = reporting(dispatcher_, EventType::closing, std::move(options.on_closing));
  options.on_progress = [this, first = std::move(options.on_progress)](const ConnectionRecord& record) {
    if (first) first(record);
    dispatcher_.progressed(record);
  };
  options.on_request = [this, first = std::move(options.on_request)](const ConnectionRecord& record,
                                                                     const RequestRecord& request) {
    if (first) first(record, request);
    {
      const std::lock_guard lock(mutex_);
      metrics_.request(request);
    }
    dispatcher_.report(EventType::request, record, &request);
  };
  options.on_settled = [this, first = std::move(options.on_settled)](const ConnectionRecord& record) {
    if (first) first(record);
    {
      const std::lock_guard lock(mutex_);
      metrics_.settled(record);
    }
    dispatcher_.report(EventType::settled, record);
  };
  return options;
}

std::map<Side, std::uint64_t> ServerEvents::endings_by_side() const {
  const std::lock_guard lock(mutex_);
  return metrics_.endings_by_side();
}

std::string ServerEvents::metrics(const Counts& counts) const {
  const std::lock_guard lock(mutex_);
  return metrics_.text(counts);
}

}  // namespace closelab::lab
