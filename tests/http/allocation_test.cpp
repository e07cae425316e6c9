// The parsers are pooled so that serving allocates nothing once they have grown. Counted here, in a file of
// its own, by replacing the program's operator new.

#include <doctest/doctest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "http/request_parser.h"

namespace {

std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> bytes_in_use = 0;

void release(void* memory) {
  bytes_in_use -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  bytes_in_use += malloc_usable_size(memory);
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { release(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { release(memory); }

TEST_CASE("a parser that has been in use allocates nothing") {
  const std::string head = "POST /path?query HTTP/1.1\r\nHost: example\r\nConnection: keep-alive\r\n";
  const std::string stream[] = {
      head + "\r\n",
      head + "Content-Length: 500\r\n\r\n" + std::string(500, 'x'),
      head + "Transfer-Encoding: chunked\r\n\r\n100\r\n" + std::string(256, 'x') + "\r\n0\r\nTrailer: x\r\n\r\n",
  };
  closelab::http::RequestParser parser{closelab::HttpLimits{}};
  const auto read_all = [&] {
    const std::size_t before = allocations;
    for (std::string_view text : stream) {
      parser.reset();
      while (!text.empty()) text.remove_prefix(parser.feed(text).consumed);
      parser.connection_tokens();
    }
    return allocations - before;
  };
  CHECK(read_all() > 0);
  CHECK(read_all() == 0);
}

TEST_CASE("reset() gives the memory of a large body back, and keeps that of an ordinary one") {
  struct Row {
    std::size_t body_bytes;
    bool kept;
  };
  for (const Row row : {Row{40 * 1024, true}, Row{800 * 1024, false}}) {
    CAPTURE(row.body_bytes);
    const std::string length = std::to_string(row.body_bytes);
    const std::string text =
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + std::string(row.body_bytes, 'x');
    closelab::http::RequestParser parser{closelab::HttpLimits{}};
    const std::size_t before = bytes_in_use;
    std::string_view rest = text;
    while (!rest.empty()) rest.remove_prefix(parser.feed(rest).consumed);
    CHECK(parser.message().body.size() == row.body_bytes);
    CHECK(bytes_in_use > before + row.body_bytes);
    parser.reset();
    CHECK((bytes_in_use > before + row.body_bytes) == row.kept);
    CHECK(bytes_in_use < before + 80 * 1024);
  }
}
