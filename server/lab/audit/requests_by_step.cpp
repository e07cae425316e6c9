#include "server/lab/audit/requests_by_step.h"

#include <algorithm>

namespace closelab::lab {

std::vector<TimedRequest> timed_requests(const std::vector<ConnectionRecord>& records) {
  std::vector<TimedRequest> requests;
  for (const ConnectionRecord& record : records)
    for (const RequestRecord& request : record.requests)
      requests.push_back(
          {record.accepted_at + std::chrono::duration_cast<std::chrono::microseconds>(request.received_at), &request});
  std::ranges::stable_sort(requests, {}, &TimedRequest::at);
  return requests;
}

std::vector<const RequestRecord*> requests_of_step(const std::vector<TimedRequest>& all, const Played& played,
                                                   std::size_t step) {
  using Time = std::chrono::system_clock::time_point;
  std::vector<const RequestRecord*> found;
  const Time begin = step == 0 ? Time::min() : played.steps[step].begun;
  const Time end = step + 1 < played.steps.size() ? played.steps[step + 1].begun : Time::max();
  for (const TimedRequest& each : all)
    if (each.at >= begin && each.at < end) found.push_back(each.request);
  return found;
}

}  // namespace closelab::lab
