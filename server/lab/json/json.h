#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace closelab::lab {

/// What std::allocator is. It makes Json a type of our own.
template <class T>
struct JsonAllocator {
  using value_type = T;

  JsonAllocator() = default;
  template <class Other>
  JsonAllocator(const JsonAllocator<Other>&) noexcept {}
  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) noexcept { ::operator delete(memory); }
  friend bool operator==(const JsonAllocator&, const JsonAllocator&) { return true; }
};

/// Keys in the order in which they are written here, so that a line reads as a story.
using Json = nlohmann::basic_json<nlohmann::ordered_map, std::vector, std::string, bool, std::int64_t, std::uint64_t,
                                  double, JsonAllocator>;

struct Member {
  std::string_view name;
  /// An initializer list's elements are const, and this one is taken.
  mutable Json value;
};

/// An object of these, in their order. What nlohmann has for that, Json{{"name", value}}, is not used here: a
/// constructor that runs out of memory in the middle leaves what it has made.
Json object(std::initializer_list<Member> members);

/// Memory for a value's destructor, which has to go on without: from a reserve, or when others have freed some.
void* memory_to_destroy(std::size_t bytes);
void free_destroyer(void* memory) noexcept;

}  // namespace closelab::lab

/// nlohmann's destructor, which may not throw, takes a value apart on a std::vector<Json>, and nothing else uses one:
/// std::bad_alloc there would end the process.
template <>
class std::allocator<closelab::lab::Json> {
 public:
  using value_type = closelab::lab::Json;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using propagate_on_container_move_assignment = std::true_type;

  allocator() noexcept = default;
  template <class Other>
  explicit allocator(const std::allocator<Other>&) noexcept {}
  value_type* allocate(size_type count) {
    return static_cast<value_type*>(closelab::lab::memory_to_destroy(count * sizeof(value_type)));
  }
  void deallocate(value_type* memory, size_type) noexcept { closelab::lab::free_destroyer(memory); }
  friend bool operator==(const allocator&, const allocator&) { return true; }
};
