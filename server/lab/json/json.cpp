#include "server/lab/json/json.h"

#include <mutex>
#include <utility>

#include "net/memory/insist.h"

namespace closelab::lab {
namespace {

/// Enough for the values of an answer; several threads take them apart.
class Reserve {
 public:
  void release() {
    const std::lock_guard lock(mutex_);
    kept_.release();
  }
  void refill() {
    const std::lock_guard lock(mutex_);
    kept_.refill();
  }

 private:
  std::mutex mutex_;
  net::MemoryReserve kept_;
};

// There before anything can run out of memory.
Reserve reserve;

}  // namespace

Json object(std::initializer_list<Member> members) {
  Json made = Json::object();
  for (const Member& member : members) made.emplace(std::string(member.name), std::move(member.value));
  return made;
}

void* memory_to_destroy(std::size_t bytes) {
  if (void* const memory = ::operator new(bytes, std::nothrow)) return memory;
  reserve.release();
  return net::insist([bytes] { return ::operator new(bytes); });
}

void free_destroyer(void* memory) noexcept {
  ::operator delete(memory);
  reserve.refill();
}

}  // namespace closelab::lab
